import { randomUUID } from "node:crypto";
import { type SQL, sql } from "drizzle-orm";
import { decodeJwt } from "jose";
import { uuidv7 } from "uuidv7";
import { z } from "zod";
import { rowsOf } from "../../server/db/client.ts";
import { sessions } from "../../server/db/schema.ts";
import { sessionStarted } from "../../src/contract/sessions.ts";
import { type AuthServer, type AuthServerOptions, startAuthServer } from "./auth-server.ts";
import type { databases, TestDatabase } from "./database.ts";
import { logIn, post, secret, withToken } from "./login.ts";
import { startTwilioEmulator, type TwilioEmulator } from "./twilio-emulator.ts";

const countRow = z.object({ n: z.coerce.number() });
const sessionRow = z.object({ status: z.string(), end_reason: z.string().nullable(), token_hash: z.string() });
const auditRow = z.object({ action: z.string() });
const answered = z.looseObject({ error: z.string().optional() });

/** A server with a real SMS provider's emulator behind it, and the questions that the suites of the login ask it. */
export class AuthWorld {
	readonly database: TestDatabase;
	readonly twilio: TwilioEmulator;
	readonly server: AuthServer;
	/** Milliseconds that the clock of the tokens is ahead. */
	readonly clock: { ahead: number };

	constructor(parts: Pick<AuthWorld, "database" | "twilio" | "server" | "clock">) {
		this.database = parts.database;
		this.twilio = parts.twilio;
		this.server = parts.server;
		this.clock = parts.clock;
	}

	async close(): Promise<void> {
		await this.server[Symbol.asyncDispose]();
		await this.twilio[Symbol.asyncDispose]();
		await this.database.close();
		if (this.twilio.violations.length > 0) throw new Error(this.twilio.violations.join("\n"));
	}

	post(path: string, body: unknown, headers: Record<string, string> = {}) {
		return post(this.server.url, path, body, headers);
	}

	login(machine = "laptop", number?: string) {
		return logIn(this.server, this.twilio, { machine, ...(number === undefined ? {} : { number }) });
	}

	refresh(refreshToken: string, fingerprint: string) {
		return this.post("/auth/refresh", { refresh_token: refreshToken, fingerprint });
	}

	logOut(login: { access_token: string; fingerprint: string }) {
		return this.post("/auth/logout", {}, withToken(login.access_token, login.fingerprint));
	}

	/** What a route behind `requireUser` says to these headers. */
	async ask(headers: Record<string, string>) {
		const answer = await fetch(new URL("/status", this.server.url), { headers });
		const { error } = answered.parse(await answer.json());
		return { status: answer.status, error, challenge: answer.headers.get("www-authenticate") };
	}

	askWith(token: string, fingerprint: string) {
		return this.ask(withToken(token, fingerprint));
	}

	async count(table: string): Promise<number> {
		return this.countRows(sql`select count(*) as n from ${sql.identifier(table)}`);
	}

	async countRows(statement: SQL): Promise<number> {
		const [row] = await rowsOf(this.database.db, countRow, statement);
		return row?.n ?? 0;
	}

	/** A session as a companion starts it, and its token. */
	async startSession(login: { access_token: string; fingerprint: string }): Promise<{ id: string; token: string }> {
		const answer = await this.post(
			"/sessions/start",
			{
				claude_session_id: randomUUID(),
				description: "a session",
				hostname: "laptop",
				cwd: "/tmp",
				started_at: new Date().toISOString(),
			},
			withToken(login.access_token, login.fingerprint),
		);
		const { session_id, session_token } = sessionStarted.parse(answer.body);
		return { id: session_id, token: session_token };
	}

	heartbeat(session: { id: string; token: string }) {
		const now = new Date().toISOString();
		const headers = { authorization: `Bearer ${session.token}` };
		return this.post(`/sessions/${session.id}/heartbeat`, { timestamp: now, last_activity: now }, headers);
	}

	/** A session of the token's device in any state, as /sessions/start stores it. */
	async addSession(token: string, status: "active" | "stale" | "ended" = "active"): Promise<string> {
		const { sub, ["device"]: device } = decodeJwt(token);
		const id = uuidv7();
		await this.database.db.insert(sessions).values({
			id,
			userId: z.string().parse(sub),
			deviceId: z.string().parse(device),
			agent: "claude-code",
			agentSessionId: randomUUID(),
			description: "a session",
			folder: "/tmp",
			hostname: "laptop",
			status,
			tokenHash: secret(),
			monitoringId: uuidv7(),
			heartbeatIntervalMs: 30_000,
			inactivityThresholdMs: 600_000,
		});
		return id;
	}

	async session(id: string) {
		const [row] = await rowsOf(
			this.database.db,
			sessionRow,
			sql`select status, end_reason, token_hash from sessions where id = ${id}`,
		);
		return row;
	}

	/** What was audited of the token's user, oldest first. */
	async audited(token: string): Promise<string[]> {
		const rows = await rowsOf(
			this.database.db,
			auditRow,
			sql`select action from audit where user_id = ${decodeJwt(token).sub} order by id`,
		);
		return rows.map(({ action }) => action);
	}
}

export async function openAuthWorld(
	open: (typeof databases)[number]["open"],
	options: Pick<AuthServerOptions, "limits" | "trustedProxies"> = {},
): Promise<AuthWorld> {
	const [database, twilio] = await Promise.all([open(), startTwilioEmulator({ callbacks: "manual" })]);
	const clock = { ahead: 0 };
	const server = await startAuthServer({
		...options,
		database,
		twilio,
		now: () => new Date(Date.now() + clock.ahead),
	});
	return new AuthWorld({ database, twilio, server, clock });
}

/** What everything behind `requireUser` answers to a caller who is nobody. */
export const unauthorized = { status: 401, error: "unauthorized", challenge: "Bearer" };
