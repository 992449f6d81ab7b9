import { eq, sql } from "drizzle-orm";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../server/app.ts";
import { loadKeys } from "../server/auth/keys.ts";
import { identities, users } from "../server/db/schema.ts";
import { commandQueued, replyTokenIssued } from "../src/contract/commands.ts";
import { type ErrorCode, errorBody } from "../src/contract/errors.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { post, secret } from "./helpers/login.ts";
import {
	type LiveSession,
	type Person,
	pairedPerson,
	poll,
	type ReplyServer,
	sendReceipt,
	startReplyServer,
	startSession,
} from "./helpers/reply-server.ts";

describe.each(databases)("POST /v1/commands on $name", ({ open }) => {
	let database: TestDatabase;
	let it_: ReplyServer;
	let person: Person;
	let hours = 0;

	beforeAll(async () => {
		database = await open();
		it_ = await startReplyServer(database, { now: () => new Date(Date.now() + hours * 3_600_000) });
	});
	afterAll(async () => {
		await it_[Symbol.asyncDispose]();
		await database.close();
	});

	async function monitored(): Promise<LiveSession & { token: string }> {
		person = await pairedPerson(it_);
		const session = await startSession(it_, person);
		return { ...session, token: await tokenFor(session, session.headers) };
	}
	async function tokenFor(session: LiveSession, headers: Record<string, string>): Promise<string> {
		const answer = await post(it_.server.url, `/v1/sessions/${session.id}/reply-token`, {}, headers);
		expect(answer.status).toBe(200);
		return replyTokenIssued.parse(answer.body).mobile_reply_token;
	}
	const send = (token: string, session: { id: string }, command: string, more: Record<string, string> = {}) =>
		post(
			it_.server.url,
			"/v1/commands",
			{ session_id: session.id, command },
			{ authorization: `Bearer ${token}`, ...more },
		);
	async function refusal(sent: ReturnType<typeof send>): Promise<[number, ErrorCode]> {
		const { status, body } = await sent;
		return [status, errorBody.parse(body).error];
	}
	const end = (session: LiveSession) =>
		post(
			it_.server.url,
			`/v1/sessions/${session.id}/stop`,
			{ reason: "user", final_state: "stopped", ended_at: new Date().toISOString() },
			session.headers,
		);
	const textsOf = async (session: LiveSession) => (await poll(it_, session)).messages.map(({ text }) => text);

	it("takes a command with 202, and the session gets it like a reply, with a receipt on the phone (rows 51, 122)", async () => {
		const session = await monitored();
		const answer = await send(session.token, session, "run the \u001b[31mtests\u001b[0m");
		expect(answer.status).toBe(202);
		const { id } = commandQueued.parse(answer.body);
		const { messages } = await poll(it_, session);
		const label = `+1***${person.number.slice(-4)} by API`;
		expect(messages).toMatchObject([{ id, kind: "reply", text: "run the tests", from: { channel: "sms", label } }]);
		await sendReceipt(it_, session, id, { state: "seen", via: "socket" });
		await it_.twilio.waitForSms(({ to, body }) => to === person.number && /has read your reply/.test(body));
	});

	it("leaves the text whole: a letter, a question mark or a mute in it is a command's own (row 122)", async () => {
		const session = await monitored();
		for (const text of [`${session.handle} go`, "?", "mute", "all: go"])
			expect((await send(session.token, session, text)).status).toBe(202);
		expect(await textsOf(session)).toEqual([`${session.handle} go`, "?", "mute", "all: go"]);
	});

	it("wakes a session that waits (row 122)", async () => {
		const session = await monitored();
		const waiting = poll(it_, session, { wait: 25 });
		await send(session.token, session, "go");
		expect((await waiting).messages.map(({ text }) => text)).toEqual(["go"]);
	});

	it("gives a token to the session and to its owner, and to nobody else (row 51)", async () => {
		const session = await monitored();
		expect((await send(await tokenFor(session, person.headers), session, "as the owner")).status).toBe(202);
		const other = await pairedPerson(it_);
		const theirs = await startSession(it_, other);
		for (const headers of [{}, other.headers, theirs.headers, { authorization: `Bearer ${session.token}` }]) {
			const { status } = await post(it_.server.url, `/v1/sessions/${session.id}/reply-token`, {}, headers);
			expect([401, 403, 404]).toContain(status);
		}
	});

	it("is for its own session only, and not for another user's (row 51)", async () => {
		const session = await monitored();
		const second = await startSession(it_, person, "web");
		const other = await pairedPerson(it_);
		const theirs = await startSession(it_, other);
		expect(await refusal(send(session.token, second, "go"))).toEqual([403, "forbidden"]);
		expect(await refusal(send(session.token, theirs, "go"))).toEqual([403, "forbidden"]);
		expect([await textsOf(second), await textsOf(theirs)]).toEqual([[], []]);
	});

	it("is no good once it has expired, and no other token is (row 51)", async () => {
		const session = await monitored();
		hours = 13;
		const expired = await refusal(send(session.token, session, "go")).finally(() => {
			hours = 0;
		});
		expect(expired).toEqual([401, "token_expired"]);
		const [header = "", payload = "", signature = ""] = session.token.split(".");
		const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
		const unsigned = Buffer.from('{"alg":"none","typ":"reply+jwt"}').toString("base64url");
		const accessToken = (person.headers["authorization"] ?? "").replace("Bearer ", "");
		const { signing } = await loadKeys({ dataDir: database.dataDir, jwtPrivateKey: undefined, dataKey: undefined });
		const forOthers = new SignJWT(claims).setProtectedHeader({ alg: "EdDSA", typ: "reply+jwt" });
		const wrong = [
			`${unsigned}.${payload}.`,
			`${header}.${Buffer.from(JSON.stringify({ ...claims, session: secret(8) })).toString("base64url")}.${signature}`,
			`${header}.${payload}.${signature.slice(0, -4)}AAAA`,
			await forOthers.setAudience(it_.server.url.origin).sign(signing.privateKey),
			accessToken,
			(session.headers["authorization"] ?? "").replace("Bearer ", ""),
			"x",
		];
		for (const token of wrong) expect(await refusal(send(token, session, "go")), token).toEqual([401, "unauthorized"]);
		const status = { authorization: `Bearer ${session.token}`, "x-device-fingerprint": "a".repeat(64) };
		expect((await fetch(new URL("/v1/status", it_.server.url), { headers: status })).status).toBe(401);
		expect(await textsOf(session)).toEqual([]);
	});

	it("answers 404 for no session, 409 for one that has ended, and 401 once it has begun anew (rows 51, 122)", async () => {
		const session = await monitored();
		expect(await refusal(send(session.token, { id: it_.server.deps.id() }, "go"))).toEqual([404, "session_not_found"]);
		expect((await end(session)).status).toBe(200);
		expect(await refusal(send(session.token, session, "go"))).toEqual([409, "conflict"]);
		await database.db.execute(
			sql`update sessions set status = 'active', monitoring_id = ${it_.server.deps.id()} where id = ${session.id}`,
		);
		expect(await refusal(send(session.token, session, "go"))).toEqual([401, "unauthorized"]);
	});

	it("loses its word with the channel that it stands for (row 51)", async () => {
		const session = await monitored();
		await database.db
			.update(identities)
			.set({ removedAt: sql`now()` })
			.where(eq(identities.addressMac, it_.server.deps.vault.mac("address", person.number)));
		expect(await refusal(send(session.token, session, "go"))).toEqual([401, "unauthorized"]);
	});

	it("passes the same choke point as the phone: ban list, length, ten a minute together with it (rows 126, 127, 128)", async () => {
		const session = await monitored();
		expect(await refusal(send(session.token, session, "sudo reboot"))).toEqual([403, "forbidden"]);
		expect(await refusal(send(session.token, session, "x".repeat(1001)))).toEqual([400, "invalid_request"]);
		expect(await refusal(send(session.token, session, "\u001b[0m \u0000"))).toEqual([400, "invalid_request"]);
		for (let at = 1; at <= 4; at++) await it_.twilio.reply(person.number, `by phone ${at}`);
		for (let at = 1; at <= 4; at++) expect((await send(session.token, session, `by API ${at}`)).status).toBe(202);
		const limited = await send(session.token, session, "one more");
		expect([limited.status, errorBody.parse(limited.body).error]).toEqual([429, "rate_limited"]);
		expect(await textsOf(session)).toHaveLength(8);
	});

	it("takes the same Idempotency-Key once, also when both come at the same time (row 122)", async () => {
		const session = await monitored();
		const key = { "idempotency-key": secret(16) };
		const both = await Promise.all([1, 2, 3].map(() => send(session.token, session, "deploy", key)));
		expect(both.map(({ status }) => status)).toEqual([202, 202, 202]);
		expect(new Set(both.map(({ body }) => commandQueued.parse(body).id)).size).toBe(1);
		expect(await refusal(send(session.token, session, "something else", key))).toEqual([409, "conflict"]);
		const refused = { "idempotency-key": secret(16) };
		expect(await refusal(send(session.token, session, "sudo x", refused))).toEqual([403, "forbidden"]);
		expect(await refusal(send(session.token, session, "sudo x", refused))).toEqual([409, "conflict"]);
		expect(await refusal(send(session.token, session, "go", { "idempotency-key": "a b" }))).toEqual([
			400,
			"invalid_request",
		]);
		expect(await textsOf(session)).toEqual(["deploy"]);
	});

	it("is not part of every plan: 402 with what to do, and one word by phone in a day (row 125)", async () => {
		const session = await monitored();
		const app = createApp({ ...it_.server.deps, relayPlans: ["pro", "team"] });
		const command = async () => {
			const answer = await app.request("/v1/commands", {
				method: "POST",
				headers: { "content-type": "application/json", authorization: `Bearer ${session.token}` },
				body: JSON.stringify({ session_id: session.id, command: "go" }),
			});
			return [answer.status, await answer.json()];
		};
		const upgrade = {
			error: "plan_required",
			message: expect.stringMatching(/plan \(free\)\. Upgrade to pro or team/),
		};
		expect(await command()).toEqual([402, expect.objectContaining(upgrade)]);
		expect(await command()).toEqual([402, expect.objectContaining(upgrade)]);
		await it_.twilio.waitForSms(({ to, body }) => to === person.number && /Upgrade to pro or team/.test(body));
		await travel(database.db, "25 hours");
		expect(await textsOf(session)).toEqual([]);
		await database.db.update(users).set({ plan: "pro" });
		expect((await command())[0]).toBe(202);
		const told = it_.twilio.sent.filter(({ to, body }) => to === person.number && /Upgrade/.test(body));
		expect(told).toHaveLength(1);
	});
});
