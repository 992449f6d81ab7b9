import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorBody } from "../src/contract/errors.ts";
import { eventAccepted } from "../src/contract/events.ts";
import {
	accountStatus,
	deliveryReport,
	heartbeatAnswer,
	sessionStarted,
	sessionSummary,
} from "../src/contract/sessions.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { report } from "./helpers/fixture.ts";
import { type Answer, post } from "./helpers/login.ts";
import {
	type LiveSession,
	type Person,
	pairedPerson,
	type ReplyServer,
	startReplyServer,
	startSession,
} from "./helpers/reply-server.ts";

const stop = { reason: "user", final_state: "completed", ended_at: "2026-11-20T12:00:00Z" };

describe.each(databases)("events over HTTP on $name", ({ open }) => {
	let database: TestDatabase;
	let it_: ReplyServer;

	beforeAll(async () => {
		database = await open();
		it_ = await startReplyServer(database);
	});
	afterAll(async () => {
		await it_[Symbol.asyncDispose]();
		expect(it_.twilio.violations).toEqual([]);
		await database.close();
	});

	const send = (session: LiveSession, path: string, body: unknown, headers = session.headers): Promise<Answer> =>
		post(it_.server.url, `/v1/sessions/${session.id}/${path}`, body, headers);
	const smsTo = (person: Person, pattern: RegExp) =>
		it_.twilio.waitForSms((sms) => sms.to === person.number && pattern.test(sms.body));
	async function get(path: string, headers: Record<string, string>): Promise<Answer> {
		const answer = await fetch(new URL(path, it_.server.url), { headers });
		return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
	}
	async function person(description = "migrate billing"): Promise<{ who: Person; session: LiveSession }> {
		const who = await pairedPerson(it_);
		return { who, session: await startSession(it_, who, description) };
	}

	it("sends one SMS about a failed tool and says so in the answer (rows 53, 54, 62)", async () => {
		const { who, session } = await person();
		const answer = await send(session, "events", report("error", { tool_name: "Bash", error_message: "Exit code 3" }));
		expect(answer.status).toBe(200);
		expect(eventAccepted.parse(answer.body)).toMatchObject({
			outcome: "queued",
			channels: [{ channel: "sms", outcome: "queued" }],
			rate_limited: false,
			next_allowed_at: null,
			retry_after: null,
		});
		const sms = await smsTo(who, /Error/);
		expect(sms).toMatchObject({ segments: 1, encoding: "GSM-7" });
		expect(sms.body).toBe(
			'(b) Claude: "migrate billing"\nError: Bash: Exit code 3\n\nReply b + text. Reply STOP to disable',
		);
	});

	it("answers 429 with Retry-After, the error and the outcome when every channel is limited (rows 55, 71)", async () => {
		const { session } = await person();
		await send(session, "events", report("error"));
		const answer = await send(session, "events", report("error"));
		expect(answer.status).toBe(429);
		const retryAfter = Number(answer.headers.get("retry-after"));
		expect(retryAfter).toBeGreaterThan(1700);
		expect(errorBody.and(eventAccepted).parse(answer.body)).toMatchObject({
			error: "rate_limited",
			message: expect.stringMatching(/\.$/),
			request_id: expect.stringMatching(/./),
			outcome: "limited",
			rate_limited: true,
			retry_after: retryAfter,
			next_allowed_at: expect.stringMatching(/Z$/),
		});
	});

	it("refuses an unknown event type, and every other wrong body, with a request id (rows 53, 71)", async () => {
		const { session } = await person();
		const good = report("done");
		for (const body of [
			{ ...good, type: "exploded" },
			{ ...good, id: "1" },
			{ ...good, occurred_at: "yesterday" },
			{ ...good, details: { tool: "Bash" } },
			{ ...good, extra: 1 },
			[],
		]) {
			const answer = await send(session, "events", body);
			expect(answer.status).toBe(400);
			expect(errorBody.parse(answer.body)).toMatchObject({ error: "invalid_request" });
		}
		expect((await send(session, "events", good)).status).toBe(200);
	});

	it("takes an event without details, and cuts what is too long for one (row 219)", async () => {
		const { who, session } = await person();
		const { details: _, ...bare } = report("done");
		expect((await send(session, "events", bare)).status).toBe(200);
		await smsTo(who, /Completed successfully!\n\n/);
		const long = report("error", { tool_name: "T".repeat(300), error_message: `${"x".repeat(5000)}\u0000\ud800` });
		expect((await send(session, "events", long)).status).toBe(200);
		expect((await smsTo(who, /Error/)).body.length).toBeLessThanOrEqual(160);
	});

	it("starts a session by the contract's schema and refuses a description of 101 characters or none (rows 11, 52)", async () => {
		const who = await pairedPerson(it_);
		const body = {
			claude_session_id: "s1",
			description: "x".repeat(100),
			hostname: "h".repeat(400),
			cwd: "/",
			started_at: "2026-11-20T12:00:00+01:00",
		};
		const start = (changes: object) => post(it_.server.url, "/sessions/start", { ...body, ...changes }, who.headers);
		const started = await start({});
		expect(started.status).toBe(200);
		expect(sessionStarted.parse(started.body).handle).toBe("b");
		for (const description of ["x".repeat(101), "", " \n "]) expect((await start({ description })).status).toBe(400);
		const twice = await start({});
		expect([twice.status, twice.body["message"]]).toEqual([409, "Session already monitoring. Use /notify-stop first."]);
		expect((await post(it_.server.url, "/sessions/start", body)).status).toBe(401);
	});

	it("admits a session's token to that session only, and to none after the stop (row 43)", async () => {
		const { who, session } = await person();
		const other = await startSession(it_, who, "web");
		expect((await send(other, "events", report("done"), session.headers)).status).toBe(403);
		expect((await send(session, "events", report("done"), who.headers)).status).toBe(401);
		expect((await send(session, "events", report("done"), { authorization: "Bearer nobody" })).status).toBe(401);
		expect((await send({ ...session, id: "1" }, "events", report("done"))).status).toBe(400);
		expect((await send(session, "stop", stop)).status).toBe(200);
		const after = await send(session, "events", report("done"));
		expect([after.status, after.body["error"]]).toEqual([404, "session_not_found"]);
		expect((await send(session, "heartbeat", {})).status).toBe(404);
		await post(it_.server.url, "/auth/logout", {}, who.headers);
		expect((await send(other, "events", report("done"))).status).toBe(401);
	});

	it("takes heartbeats (row 56)", async () => {
		const { session } = await person();
		const now = new Date().toISOString();
		const answer = await send(session, "heartbeat", { timestamp: now, last_activity: now });
		expect(heartbeatAnswer.parse(answer.body)).toEqual({ status: "active", monitoring: true, progress: 0 });
		expect((await send(session, "heartbeat", { timestamp: now })).status).toBe(400);
	});

	it("stops with a summary whose numbers are the events', the last message included (row 58)", async () => {
		const { session } = await person();
		await send(session, "events", report("error"));
		await send(session, "events", report("error"));
		await send(session, "events", report("done"));
		const answer = await send(session, "stop", stop);
		expect(sessionSummary.parse(answer.body)).toMatchObject({
			messages_sent: 2,
			sms_sent: 2,
			errors_encountered: 2,
			limited: 1,
		});
	});

	it("lets the owner's access token stop a session whose own token is lost, and nobody else's", async () => {
		const { who, session } = await person();
		const stranger = await pairedPerson(it_);
		expect((await send(session, "stop", stop, stranger.headers)).status).toBe(404);
		expect((await send(session, "stop", stop, who.headers)).status).toBe(200);
		expect((await send(session, "events", report("done"))).status).toBe(404);
	});

	it("shows the receipt, not the request: delivered after Twilio's callback (rows 9, 119)", async () => {
		const { who, session } = await person("api");
		await send(session, "events", report("done"));
		await smsTo(who, /Completed/);
		await it_.twilio.settled();
		const { channels, sessions } = accountStatus.parse((await get("/v1/status", who.headers)).body);
		expect(channels).toMatchObject([
			{
				channel: "sms",
				address_masked: expect.stringMatching(/^\+1\*\*\*\d{4}$/),
				simulated: false,
				opted_out: false,
				last_delivery: { state: "delivered", error: null },
			},
		]);
		expect(sessions).toMatchObject([{ session_id: session.id, handle: "b", description: "api", status: "active" }]);
	});

	it("sends a test message and tells what became of it within the wait", async () => {
		const who = await pairedPerson(it_);
		const started = await post(it_.server.url, "/v1/test", {}, who.headers);
		const [queued] = deliveryReport.array().parse(started.body["deliveries"]);
		expect(["pending", "leased", "sent"]).toContain(queued?.state);
		const settled = await get(`/v1/deliveries/${queued?.id}?wait=10`, who.headers);
		expect(deliveryReport.parse(settled.body)).toMatchObject({ id: queued?.id, state: "delivered", error: null });
		await smsTo(who, /^This is a test message/);
		const stranger = await pairedPerson(it_);
		expect((await get(`/v1/deliveries/${queued?.id}`, stranger.headers)).status).toBe(404);
		expect((await get("/v1/deliveries/1", who.headers)).status).toBe(400);
	});

	it("sends ten test messages in an hour and no eleventh, and none to who opted out", async () => {
		const who = await pairedPerson(it_);
		for (let n = 0; n < 10; n++) expect((await post(it_.server.url, "/v1/test", {}, who.headers)).status).toBe(200);
		const eleventh = await post(it_.server.url, "/v1/test", {}, who.headers);
		expect([eleventh.status, eleventh.headers.get("retry-after")]).toEqual([429, "600"]);
		await travel(database.db, "1 hour");
		await it_.twilio.reply(who.number, "STOP");
		const out = await post(it_.server.url, "/v1/test", {}, who.headers);
		expect([out.status, out.body["error"]]).toEqual([409, "conflict"]);
	});

	it("sends nothing after STOP and again after START, as the status shows (row 105)", async () => {
		const { who, session } = await person();
		await it_.twilio.reply(who.number, "stop");
		const muted = await send(session, "events", report("error"));
		expect(muted.body).toMatchObject({ outcome: "muted", channels: [{ channel: "sms", outcome: "opted_out" }] });
		const { channels } = accountStatus.parse((await get("/status", who.headers)).body);
		expect(channels[0]).toMatchObject({ opted_out: true });
		await it_.twilio.reply(who.number, "START");
		await send(session, "events", report("error"));
		await smsTo(who, /Error/);
		expect(it_.twilio.sent.filter((sms) => sms.to === who.number && /Error/.test(sms.body))).toHaveLength(1);
	});
});
