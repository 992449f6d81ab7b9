import type { ChannelRegistry } from "../channels/channel.ts";
import type { Db } from "../db/client.ts";

/** Encrypts addresses at rest and makes lookups possible without them. Purposes keep the uses of one key apart. */
export interface Vault {
	/** AES-256-GCM, base64url. */
	seal(plain: string): string;
	open(sealed: string): string;
	/** HMAC-SHA-256, base64url; `purpose` separates domains ("address", "code", "token" …). */
	mac(purpose: string, value: string): string;
}

/** Encrypts the keys of users' logs with the server's master key. */
export interface LogVault {
	/** Names the master key that wraps now. */
	current: string;
	/** base64url; bound to the user. */
	wrap(userId: string, key: Uint8Array): string;
	/** Undefined when the server does not have the master key `by`; throws for what was changed or is another user's. */
	unwrap(userId: string, wrapped: string, by: string): Uint8Array | undefined;
}

/** Tells long-poll waiters of this process that a session's inbox has something. */
export interface InboxBus {
	notify(sessionId: string): void;
	/** Resolves at the next notify of the session, at abort, or after `ms`. */
	wait(sessionId: string, ms: number, signal: AbortSignal): Promise<void>;
}

/** Structured log; the second argument is the sentence. Never given an SDK's error object, an address or a token. */
export interface Log {
	debug(fields: object, message: string): void;
	info(fields: object, message: string): void;
	warn(fields: object, message: string): void;
	error(fields: object, message: string): void;
}

/** Everything that varies, handed to each verb. There is no `new Date()` and no randomness in the domain. */
export interface Deps {
	db: Db;
	/** For tokens only; every stored instant comes from the database's clock. */
	now(): Date;
	/** A new UUIDv7. */
	id(): string;
	/** CSPRNG bytes as base64url. */
	secret(bytes: number): string;
	/** Six digits from a CSPRNG. */
	code(): string;
	vault: Vault;
	logVault: LogVault;
	channels: ChannelRegistry;
	/** Wakes the outbox worker of this process; call it after commit. */
	wakeOutbox(): void;
	inboxBus: InboxBus;
	/** The plans whose users may send replies and commands. Absent: every plan, as a server of one's own has none. */
	relayPlans?: readonly string[] | undefined;
	/** The plans whose users may keep full logs. Absent: every plan. */
	fullLogPlans?: readonly string[] | undefined;
	log: Log;
}
