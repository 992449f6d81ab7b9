import { randomBytes } from "node:crypto";
import { and, asc, eq, isNotNull, sql } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { createLogVault } from "../../server/auth/log-vault.ts";
import { createVault } from "../../server/auth/vault.ts";
import type { Db } from "../../server/db/client.ts";
import * as tables from "../../server/db/schema.ts";
import type { Deps, InboxBus } from "../../server/domain/deps.ts";
import type { Notice } from "../../server/domain/notice.ts";
import type { Inbound } from "../../server/inbound/inbound.ts";

const silent = () => undefined;

/** The verbs' dependencies over a real database; what they wake is noted. */
export interface ReplyWorld {
	deps: Deps;
	wokenSessions: string[];
	wokenOutbox(): number;
}

export function replyWorld(db: Db): ReplyWorld {
	const wokenSessions: string[] = [];
	let outbox = 0;
	const inboxBus: InboxBus = {
		notify: (sessionId) => wokenSessions.push(sessionId),
		wait: () => Promise.resolve(),
	};
	const deps: Deps = {
		db,
		now: () => new Date(),
		id: uuidv7,
		secret: (bytes) => randomBytes(bytes).toString("base64url"),
		code: () => "000000",
		vault: createVault(randomBytes(32)),
		logVault: createLogVault([randomBytes(32)]),
		channels: new Map(),
		wakeOutbox: () => {
			outbox += 1;
		},
		inboxBus,
		log: { debug: silent, info: silent, warn: silent, error: silent },
	};
	return { deps, wokenSessions, wokenOutbox: () => outbox };
}

export interface SeededUser {
	userId: string;
	identityId: string;
	deviceId: string;
	number: string;
}

let numbers = 0;

/** A user with one verified number and one device. */
export async function seedUser({ db, vault }: Deps): Promise<SeededUser> {
	numbers += 1;
	const number = `+1202555${String(numbers).padStart(4, "0")}`;
	const [userId, identityId, deviceId] = [uuidv7(), uuidv7(), uuidv7()];
	await db.insert(tables.users).values({ id: userId });
	await db.insert(tables.identities).values({
		id: identityId,
		userId,
		channel: "sms",
		addressSealed: vault.seal(number),
		addressMac: vault.mac("address", number),
		label: `+1***${number.slice(-4)}`,
	});
	await db.insert(tables.devices).values({ id: deviceId, userId, name: "laptop", fingerprintHash: "x" });
	return { userId, identityId, deviceId, number };
}

type SessionValues = Partial<typeof tables.sessions.$inferInsert>;

/** A session with this letter; `description` says so. Returns its id. */
export async function seedSession(db: Db, user: SeededUser, handle: string, more: SessionValues = {}): Promise<string> {
	const id = uuidv7();
	await db.insert(tables.sessions).values({
		id,
		userId: user.userId,
		deviceId: user.deviceId,
		agent: "claude-code",
		agentSessionId: id,
		handle,
		description: `project ${handle}`,
		folder: "/work",
		hostname: "laptop",
		tokenHash: id,
		monitoringId: uuidv7(),
		heartbeatIntervalMs: 30_000,
		inactivityThresholdMs: 600_000,
		...more,
	});
	return id;
}

/** The session sent the user a message just now. */
export async function seedNotification(db: Db, user: SeededUser, sessionId: string): Promise<void> {
	await db.insert(tables.deliveries).values({
		id: uuidv7(),
		userId: user.userId,
		identityId: user.identityId,
		channel: "sms",
		sessionId,
		eventId: uuidv7(),
		state: "sent",
		sentAt: sql`now()`,
		deadlineAt: sql`now() + interval '1 hour'`,
	});
}

export function sms(user: Pick<SeededUser, "number">, text: string, id: string = uuidv7()): Inbound {
	return { provider: "twilio", providerEventId: id, channel: "sms", sender: user.number, text };
}

export function inboxOf(db: Db, sessionId: string) {
	return db.select().from(tables.inbox).where(eq(tables.inbox.sessionId, sessionId)).orderBy(asc(tables.inbox.seq));
}

/** The notices that wait for or went to a user, oldest first. */
export async function noticesOf(db: Db, user: SeededUser): Promise<Notice[]> {
	const rows = await db
		.select({ notice: tables.deliveries.notice })
		.from(tables.deliveries)
		.where(and(eq(tables.deliveries.identityId, user.identityId), isNotNull(tables.deliveries.notice)))
		.orderBy(asc(tables.deliveries.createdAt), asc(tables.deliveries.id));
	return rows.flatMap(({ notice }) => notice ?? []);
}

export async function rowCount(db: Db, table: keyof typeof counted): Promise<number> {
	return db.$count(counted[table]);
}

const counted = { inbound: tables.inbound, inbox: tables.inbox, deliveries: tables.deliveries };
