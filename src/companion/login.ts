import type { ApiClient } from "../api-client.ts";
import { ApiError, ServerUnreachable } from "../api-errors.ts";
import type { Tokens } from "../contract/auth.ts";
import type { Log } from "../log.ts";
import type { AuthFile, StoredLogin } from "../state/auth.ts";
import { withLock } from "../state/lock.ts";

/** Less than this left: time for a new access token. */
const refreshBeforeMs = 3_600_000;

/** No login that could be used; `message` tells the user what to do. */
export class NotPaired extends Error {
	override readonly name = "NotPaired";
}

/** A wrong code is refused with 401 too, and must not be sent twice; it says so in `reason`. */
function isAboutToken(error: unknown): boolean {
	if (!(error instanceof ApiError) || error.status !== 401) return false;
	return !(typeof error.details === "object" && error.details !== null && "reason" in error.details);
}

export interface LoginOptions {
	file: AuthFile;
	/** Of the configured server; or what is wrong with its address, for the user. */
	api: ApiClient | { problem: string };
	log: Log;
	now: () => Date;
}

/** This machine's login at the configured server. Shared by all sessions of the machine, so each change holds the file's lock. */
export class Login {
	readonly #options: LoginOptions;
	#refreshing: Promise<StoredLogin> | undefined;

	constructor(options: LoginOptions) {
		this.#options = options;
	}

	/** The configured server. Throws NotPaired when its address cannot be used. */
	get api(): ApiClient {
		const { api } = this.#options;
		if ("problem" in api) throw new NotPaired(api.problem);
		return api;
	}

	/** Throws NotPaired. */
	read(): StoredLogin {
		const { api } = this;
		const stored = this.#options.file.read();
		if (stored.state === "none") throw new NotPaired("Not paired yet. Run /notify-setup first.");
		if (stored.state === "ended") {
			throw new NotPaired(`The pairing with ${stored.address_masked} has ended. Run /notify-setup.`);
		}
		if (stored.login.server !== api.server) {
			throw new NotPaired(
				`Paired with ${stored.login.server}, but the server is ${api.server} now. Run /notify-setup.`,
			);
		}
		return stored.login;
	}

	/** Throws NotPaired, or ServerUnreachable when a token that ran out cannot be renewed now. */
	async accessToken(): Promise<string> {
		const login = this.read();
		if (!this.#isDue(login)) return login.access_token;
		try {
			return (await this.#refresh()).access_token;
		} catch (error) {
			// The old token still has minutes: no reason to fail now.
			if (error instanceof NotPaired || this.#leftMs(login.expires_at) <= 0) throw error;
			return login.access_token;
		}
	}

	/**
	 * Calls the API as this machine. A token that the server refuses before its time (its key changed, this machine's clock is wrong)
	 * is renewed once. Throws what `accessToken` and `work` throw.
	 */
	async call<T>(work: (token: string) => Promise<T>): Promise<T> {
		const token = await this.accessToken();
		try {
			return await work(token);
		} catch (error) {
			if (!isAboutToken(error)) throw error;
			return work((await this.#refresh(token)).access_token);
		}
	}

	/** The same for what can be done without a login too: `work` gets no token where there is none, or where it has ended. */
	async callIfPaired<T>(work: (token?: string) => Promise<T>): Promise<T> {
		try {
			return await this.call(work);
		} catch (error) {
			if (!(error instanceof NotPaired)) throw error;
			return work();
		}
	}

	/** Renews the token in time while a session runs; a failure shows up when the token is needed. */
	refreshIfDue(): void {
		try {
			if (!this.#isDue(this.read())) return;
		} catch {
			return;
		}
		this.#refresh().catch((error: unknown) => {
			this.#options.log.info(`the login was not renewed: ${error instanceof Error ? error.message : "unknown reason"}`);
		});
	}

	async pair(tokens: Tokens): Promise<void> {
		await this.#locked(async () => this.#options.file.pair(this.api.server, tokens));
	}

	async forget(): Promise<void> {
		await this.#locked(async () => this.#options.file.forget());
	}

	#isDue({ expires_at }: StoredLogin): boolean {
		return this.#leftMs(expires_at) < refreshBeforeMs;
	}

	#leftMs(expiresAt: string): number {
		return new Date(expiresAt).getTime() - this.#options.now().getTime();
	}

	/** `refused`: the token that the server did not take; else the one on disk is renewed if it is due. */
	async #refresh(refused?: string): Promise<StoredLogin> {
		this.#refreshing ??= this.#refreshOnce(refused).finally(() => {
			this.#refreshing = undefined;
		});
		return this.#refreshing;
	}

	async #refreshOnce(refused: string | undefined): Promise<StoredLogin> {
		return this.#locked(async () => {
			const login = this.read();
			// Another process may have been first.
			return this.#isDue(login) || login.access_token === refused ? this.#renew(login) : login;
		});
	}

	/** Longer than a holder that was killed can block, and than a renewal takes. */
	async #locked<T>(work: () => Promise<T>): Promise<T> {
		const held = await withLock(this.#options.file.lockPath, { waitMs: 20_000 }, work);
		if (held === undefined) throw new ServerUnreachable("Another Claude Code session is renewing the login. Try again");
		return held.result;
	}

	async #renew(login: StoredLogin): Promise<StoredLogin> {
		const { file } = this.#options;
		try {
			return file.pair(this.api.server, await this.api.refresh(login.refresh_token));
		} catch (error) {
			if (error instanceof ApiError && error.status === 401) {
				file.end(login);
				throw new NotPaired(`The pairing with ${login.address_masked} has ended. Run /notify-setup.`);
			}
			throw error;
		}
	}
}
