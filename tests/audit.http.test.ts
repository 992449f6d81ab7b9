import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audit, inbound, inbox } from "../server/db/schema.ts";
import { tidy } from "../server/domain/tidy.ts";
import { auditPage } from "../src/contract/audit.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { post } from "./helpers/login.ts";
import {
	type Person,
	pairedPerson,
	poll,
	type ReplyServer,
	startReplyServer,
	startSession,
} from "./helpers/reply-server.ts";

describe.each(databases)("the audit log on $name", ({ open }) => {
	let database: TestDatabase;
	let it_: ReplyServer;

	beforeAll(async () => {
		database = await open();
		it_ = await startReplyServer(database);
	});
	afterAll(async () => {
		await it_[Symbol.asyncDispose]();
		await database.close();
	});

	const send = (method: string, path: string, headers: Record<string, string>, body?: object) =>
		fetch(new URL(path, it_.server.url), {
			method,
			headers: { "content-type": "application/json", ...headers },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
	async function entries(person: Person, query = "limit=100") {
		const answer = await send("GET", `/v1/audit?${query}`, person.headers);
		expect(answer.status).toBe(200);
		return auditPage.parse(await answer.json()).entries;
	}
	const summary = async (person: Person) =>
		(await entries(person)).map(({ actor, action, outcome }) => `${actor.kind} ${action} ${outcome}`).toReversed();

	it("has who did what from where: login, replies and what was refused, mute, settings, words, commands (row 134)", async () => {
		const person = await pairedPerson(it_);
		const session = await startSession(it_, person);
		await it_.twilio.reply(person.number, "run the secret plan");
		await it_.twilio.reply(person.number, "sudo secret plan");
		await it_.twilio.reply(person.number, "mute b 1h");
		await it_.twilio.reply(person.number, "unmute");
		await send("PATCH", "/v1/settings", person.headers, { quiet: "22:00-07:00", delay: 30 });
		await send("PATCH", "/v1/settings", person.headers, { nonsense: 1 });
		await send("POST", "/v1/mute", person.headers, { seconds: 600 });
		await send("POST", "/v1/mute", person.headers, { seconds: 600, session_id: session.id });
		await send("PUT", "/v1/templates/done", person.headers, { text: "Done: {{text}}" });
		await send("DELETE", "/v1/templates/done", person.headers);
		const granted = await post(it_.server.url, `/v1/sessions/${session.id}/reply-token`, {}, session.headers);
		const { mobile_reply_token } = granted.body as { mobile_reply_token: string };
		await send(
			"POST",
			"/v1/commands",
			{ authorization: `Bearer ${mobile_reply_token}` },
			{ session_id: session.id, command: "another secret plan" },
		);
		expect(await summary(person)).toEqual([
			"computer login done",
			"phone reply done",
			"phone reply refused",
			"phone mute done",
			"phone mute done",
			"computer settings done",
			"computer mute done",
			"computer mute done",
			"computer template done",
			"computer template done",
			"phone reply done",
		]);
		const all = await entries(person);
		const [reply] = all.filter(({ action }) => action === "reply").toReversed();
		const about = { id: session.id, handle: session.handle, description: "api" };
		expect(reply).toMatchObject({ actor: { label: `SMS +1***${person.number.slice(-4)}` }, session: about });
		expect(reply?.hash).toMatch(/^[0-9a-f]{64}$/);
		expect(all.find(({ action }) => action === "settings")).toMatchObject({ why: "Changed: quiet, delay." });
		const text = JSON.stringify(all);
		for (const hidden of ["secret plan", person.number, mobile_reply_token]) expect(text).not.toContain(hidden);
	});

	it("is read by its own user only, the newest first, page by page (row 134)", async () => {
		const [person, other] = [await pairedPerson(it_), await pairedPerson(it_)];
		await startSession(it_, person);
		for (let at = 1; at <= 4; at++) await it_.twilio.reply(person.number, `go ${at}`);
		const all = await entries(person);
		expect(all).toHaveLength(5);
		const first = await entries(person, "limit=2");
		const second = await entries(person, `limit=3&before=${first[1]?.id}`);
		expect([...first, ...second].map(({ id }) => id)).toEqual(all.map(({ id }) => id));
		expect((await entries(other)).map(({ action }) => action)).toEqual(["login"]);
		expect((await send("GET", "/v1/audit", {})).status).toBe(401);
		for (const query of ["limit=0", "limit=101", "before=x"])
			expect((await send("GET", `/v1/audit?${query}`, person.headers)).status).toBe(400);
	});

	it("forgets after 90 days (row 134)", async () => {
		const person = await pairedPerson(it_);
		await travel(database.db, "89 days");
		await tidy({ db: database.db });
		expect(
			await database.db.$count(
				audit,
				sql`user_id in (select user_id from identities where label like ${`%${person.number.slice(-4)}`})`,
			),
		).toBeGreaterThan(0);
		await travel(database.db, "2 days");
		await tidy({ db: database.db });
		expect(await database.db.$count(audit)).toBe(0);
	});

	it("event ids that prove a replay outlive it: Twilio's signature has no time (row 50)", async () => {
		const person = await pairedPerson(it_);
		const session = await startSession(it_, person);
		const { sid } = await it_.twilio.reply(person.number, "once");
		await database.db.execute(
			sql`insert into inbound (provider, provider_event_id) values ('resend', 'm-1'), ('telegram', 'u-1'), ('ntfy', 'p-1'), ('api', 'c-1')`,
		);
		await travel(database.db, "31 days");
		await database.db.execute(
			sql`update sessions set status = 'active', last_heartbeat_at = now(), handle = 'b' where id = ${session.id}`,
		);
		await tidy({ db: database.db });
		const kept = await database.db.selectDistinct({ provider: inbound.provider }).from(inbound);
		expect(kept.map(({ provider }) => provider).toSorted()).toEqual(["ntfy", "twilio"]);
		expect((await it_.twilio.reply(person.number, "once", sid)).status).toBe(200);
		expect((await poll(it_, session)).messages).toEqual([]);
		expect(await database.db.$count(inbox, eq(inbox.sessionId, session.id))).toBe(1);
	});
});
