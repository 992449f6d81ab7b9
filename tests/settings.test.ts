import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventAccepted, toldEvents } from "../src/contract/events.ts";
import { accountStatus } from "../src/contract/sessions.ts";
import { userSettings } from "../src/contract/settings.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import {
	type LiveSession,
	type Person,
	pairedPerson,
	type ReplyServer,
	startReplyServer,
	startSession,
} from "./helpers/reply-server.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("settings over HTTP on $name", ({ open }) => {
	let database: TestDatabase;
	let running: ReplyServer;
	let person: Person;

	beforeAll(async () => {
		database = await open();
		running = await startReplyServer(database);
	});
	afterAll(async () => {
		await running[Symbol.asyncDispose]();
		await database.close();
	});
	beforeEach(async () => {
		person = await pairedPerson(running);
	});

	async function call(method: string, path: string, body?: object, headers: Record<string, string> = person.headers) {
		const answer = await fetch(new URL(`/v1${path}`, running.server.url), {
			method,
			headers: { "content-type": "application/json", ...headers },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
	}
	const valuesIn = (body: unknown) =>
		new Map(userSettings.parse(body).settings.map(({ key, value }) => [key, value] as const));
	const change = (values: object) => call("PATCH", "/settings", values);
	const status = async () => accountStatus.parse((await call("GET", "/status")).body);
	const report = async (session: LiveSession, type: string, more: object = {}) => {
		const body = { id: uuidv7(), type, occurred_at: new Date().toISOString(), ...more };
		return eventAccepted.parse((await call("POST", `/sessions/${session.id}/events`, body, session.headers)).body);
	};

	it("are all listed with value, default, unit and help; changed ones are there at the next look (row 114)", async () => {
		const first = await call("GET", "/settings");
		expect(first.status).toBe(200);
		expect(Object.fromEntries(valuesIn(first.body))).toMatchObject({
			time_zone: "UTC",
			quiet: "off",
			quiet_except: "high",
			delay: 0,
			presence: 0,
			progress: 0,
			"priority.done": "normal",
			"priority.permission": "high",
		});
		const changed = await change({
			quiet: "22-7",
			time_zone: "europe/berlin",
			delay: "30s",
			"limit.sms.done": "2/1h",
		});
		expect(changed.status).toBe(200);
		const second = await call("GET", "/settings");
		expect(second.body).toEqual(changed.body);
		expect(Object.fromEntries(valuesIn(second.body))).toMatchObject({
			quiet: "22:00-07:00",
			time_zone: "Europe/Berlin",
			delay: 30,
			"limit.sms.done": "2/1h",
		});
		expect(await status()).toMatchObject({
			policy: { quiet: "22:00-07:00", time_zone: "Europe/Berlin", quiet_except: "high", delay: 30, muted_until: null },
		});
		const back = await change({ quiet: null, time_zone: null, delay: null, "limit.sms.done": null });
		expect(back.body).toEqual(first.body);
	});

	it("refuse a wrong value or name, say which there are, and change nothing of the rest", async () => {
		const before = await call("GET", "/settings");
		const wrong = await change({ quiet: "22-7", delay: "soon" });
		expect(wrong).toMatchObject({ status: 400, body: { error: "invalid_request" } });
		expect(wrong.body["message"]).toMatch(/^delay: must be 0, or from 1 to 300 seconds/);
		const unknown = await change({ quiet: "22-7", colour: "red" });
		expect(unknown.status).toBe(400);
		expect(unknown.body["message"]).toMatch(/There is no setting colour.*time_zone, quiet/);
		const channel = await change({ quiet: "22-7", "limit.pigeon.done": "1/1h" });
		expect(channel.status).toBe(400);
		expect(channel.body["message"]).toMatch(/no channel pigeon here.*metered, free, sms/);
		expect((await call("GET", "/settings")).body).toEqual(before.body);
	});

	it("leave templates alone, and are left alone by them", async () => {
		await call("PUT", "/templates/done", { text: "fertig: {{text}}" });
		await change({ delay: 20 });
		expect((await call("GET", "/templates/done")).body).toMatchObject({ text: "fertig: {{text}}" });
		await call("PUT", "/templates/error", { text: "kaputt" });
		await change({ delay: null });
		expect((await call("GET", "/templates/error")).body).toMatchObject({ text: "kaputt" });
		await change({ delay: 40 });
		await call("DELETE", "/templates/error");
		expect(valuesIn((await call("GET", "/settings")).body).get("delay")).toBe(40);
	});

	it("lose none of twenty changes of different settings that come at once", async () => {
		const types = ["done", "error", "waiting", "question", "permission"];
		const keys = types.flatMap((type) => [`limit.metered.${type}`, `limit.free.${type}`, `limit.sms.${type}`]);
		await Promise.all(keys.map((key, n) => change({ [key]: `${n + 1}/1h` })));
		const values = valuesIn((await call("GET", "/settings")).body);
		expect(keys.map((key) => values.get(key))).toEqual(keys.map((_, n) => `${n + 1}/1h`));
	});

	it("need the access token of their user", async () => {
		expect((await call("GET", "/settings", undefined, {})).status).toBe(401);
		expect((await call("PATCH", "/settings", { delay: 1 }, {})).status).toBe(401);
		expect((await call("POST", "/mute", { seconds: 60 }, {})).status).toBe(401);
	});

	it("mute by HTTP, everything or one's own session, and /status says until when", async () => {
		const session = await startSession(running, person);
		const muted = await call("POST", "/mute", { seconds: 7200 });
		expect(muted.status).toBe(200);
		const at = Date.parse(String(muted.body["muted_until"]));
		expect(Math.abs(at - Date.now() - 7_200_000)).toBeLessThan(60_000);
		expect((await status()).policy?.muted_until).toBe(muted.body["muted_until"]);
		expect(await report(session, "done")).toMatchObject({ outcome: "muted", channels: [], rate_limited: false });
		expect((await call("POST", "/mute", { seconds: 0 })).body).toEqual({ muted_until: null });
		await call("POST", "/mute", { seconds: 600, session_id: session.id });
		expect((await status()).sessions[0]?.muted_until).toMatch(/Z$/);
		expect((await status()).policy?.muted_until).toBeNull();
		expect((await call("POST", "/mute", { seconds: 600, session_id: randomUUID() })).status).toBe(404);
		expect((await call("POST", "/mute", { seconds: 8 * 86_400 })).status).toBe(400);
	});

	it("show of each event what became of it and why, the newest first", async () => {
		const session = await startSession(running, person);
		const told = async (headers = session.headers) =>
			toldEvents.parse((await call("GET", `/sessions/${session.id}/events`, undefined, headers)).body).events;
		await report(session, "done", { details: { message: "first" } });
		await report(session, "done", { details: { message: "second" } });
		await change({ presence: 60 });
		expect(await report(session, "waiting", { present: true })).toMatchObject({
			outcome: "present",
			why: "You were at the computer.",
		});
		await call("POST", "/mute", { seconds: 600, session_id: session.id });
		await report(session, "permission");
		await until(
			async () => (await told()).at(-1)?.outcome === "delivered",
			20_000,
			async () => JSON.stringify(await told()),
		);
		expect(await told()).toMatchObject([
			{
				type: "permission",
				outcome: "muted",
				why: expect.stringMatching(/^This session was muted until .* told when/),
			},
			{ type: "waiting", outcome: "present", why: "You were at the computer." },
			{ type: "done", outcome: "limited", why: expect.stringMatching(/^Too soon/) },
			{ type: "done", outcome: "delivered", why: "By SMS." },
		]);
		expect(await told(person.headers)).toEqual(await told());
		const stranger = await pairedPerson(running);
		expect((await call("GET", `/sessions/${session.id}/events`, undefined, stranger.headers)).status).toBe(404);
	});

	it("reach the machine with its next heartbeat, which says where the person is", async () => {
		const session = await startSession(running, person);
		await change({ progress: 120, presence: 60 });
		const now = Date.now();
		const answer = await call(
			"POST",
			`/sessions/${session.id}/heartbeat`,
			{
				timestamp: new Date(now).toISOString(),
				last_activity: new Date(now - 30_000).toISOString(),
				attended: new Date(now - 30_000).toISOString(),
			},
			session.headers,
		);
		expect(answer.body).toMatchObject({ status: "active", monitoring: true, progress: 120 });
		expect(await report(session, "done")).toMatchObject({ outcome: "present" });
		await database.db.execute(
			sql`update sessions set attended_at = attended_at - interval '31 seconds' where id = ${session.id}`,
		);
		expect(await report(session, "done")).toMatchObject({ outcome: "queued" });
	});
});
