import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorBody } from "../src/contract/errors.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { post, secret } from "./helpers/login.ts";
import {
	type Person,
	pairedPerson,
	poll,
	type ReplyServer,
	sendReceipt,
	startReplyServer,
	startSession,
} from "./helpers/reply-server.ts";
import { rowCount } from "./helpers/reply-world.ts";

const twiml = '<?xml version="1.0" encoding="UTF-8"?><Response/>';

describe.each(databases)("replies by Twilio on $name", ({ open }) => {
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

	const smsTo = (person: Person, pattern: RegExp) =>
		it_.twilio.waitForSms((sms) => sms.to === person.number && pattern.test(sms.body));

	it("brings a signed SMS into the session's inbox, and the proof that it was seen back to the phone", async () => {
		const person = await pairedPerson(it_);
		const session = await startSession(it_, person, "migrate billing");
		expect(await it_.twilio.reply(person.number, "run the tests again")).toMatchObject({
			status: 200,
			contentType: expect.stringMatching(/^text\/xml/),
			text: twiml,
		});
		const { messages } = await poll(it_, session);
		expect(messages).toMatchObject([
			{ text: "run the tests again", from: { channel: "sms", label: expect.stringMatching(/^\+1\*\*\*\d{4}$/) } },
		]);
		const receipt = await sendReceipt(it_, session, messages[0]?.id ?? "", { state: "seen", via: "socket" });
		expect(receipt).toMatchObject({ status: 200, body: { state: "seen" } });
		await smsTo(person, /migrate billing.*has read your reply/s);
	});

	it("takes the webhook under /v1 as well, signed for the address that it came to", async () => {
		const person = await pairedPerson(it_);
		const session = await startSession(it_, person);
		it_.twilio.inboundUrl = new URL("/v1/webhooks/twilio/message", it_.server.url).href;
		expect((await it_.twilio.reply(person.number, "go")).status).toBe(200);
		it_.twilio.inboundUrl = new URL("/webhooks/twilio/message", it_.server.url).href;
		expect((await poll(it_, session)).messages).toHaveLength(1);
	});

	it.each([
		["unsigned", {}],
		["signed by somebody else", { "x-twilio-signature": "L/OH5YylLD5NRKLltdqwSvS0BnU=" }],
	])("refuses a webhook that is %s and keeps nothing of it", async (_, headers) => {
		const person = await pairedPerson(it_);
		const session = await startSession(it_, person);
		const before = await rowCount(database.db, "inbound");
		const answer = await fetch(new URL("/webhooks/twilio/message", it_.server.url), {
			method: "POST",
			headers,
			body: new URLSearchParams({ MessageSid: `SM${"0".repeat(32)}`, From: person.number, Body: "rm -rf /" }),
		});
		expect([answer.status, errorBody.parse(await answer.json()).error]).toEqual([401, "unauthorized"]);
		expect(await rowCount(database.db, "inbound")).toBe(before);
		expect((await poll(it_, session)).status).toBe(204);
	});

	it("believes no Host or X-Forwarded header about the address that was signed", async () => {
		const person = await pairedPerson(it_);
		const forged = await it_.twilio.post("http://evil.example/webhooks/twilio/message", {}).catch(() => undefined);
		expect(forged).toBeUndefined();
		const { signTwilio } = await import("./helpers/twilio-rules.ts");
		const params = { MessageSid: `SM${"1".repeat(32)}`, From: person.number, Body: "go" };
		const answer = await fetch(new URL("/webhooks/twilio/message", it_.server.url), {
			method: "POST",
			headers: {
				"x-forwarded-host": "evil.example",
				"x-forwarded-proto": "https",
				"x-twilio-signature": signTwilio(it_.twilio.authToken, "https://evil.example/webhooks/twilio/message", params),
			},
			body: new URLSearchParams(params),
		});
		expect(answer.status).toBe(401);
	});

	it("gives a stranger the same empty answer, no SMS and no row (row 128)", async () => {
		const before = await Promise.all([rowCount(database.db, "inbound"), rowCount(database.db, "deliveries")]);
		expect(await it_.twilio.reply("+12025559999", "b go")).toMatchObject({ status: 200, text: twiml });
		expect(await Promise.all([rowCount(database.db, "inbound"), rowCount(database.db, "deliveries")])).toEqual(before);
		expect(it_.twilio.attempts.filter(({ to }) => to === "+12025559999")).toEqual([]);
	});

	it("takes a redelivery once and answers it the same", async () => {
		const person = await pairedPerson(it_);
		const session = await startSession(it_, person);
		const first = await it_.twilio.reply(person.number, "once");
		expect(await it_.twilio.reply(person.number, "once", first.sid)).toEqual(first);
		await it_.twilio.reply(person.number, "once");
		expect((await poll(it_, session)).messages.map((message) => message.text)).toEqual(["once", "once"]);
	});

	it("answers a message that it cannot use (a picture, a short code) like any other", async () => {
		const url = it_.twilio.inboundUrl ?? "";
		expect(await it_.twilio.post(url, { MessageSid: "MM1", From: "32665", NumMedia: "1" })).toMatchObject({
			status: 200,
		});
	});

	it("wakes a waiting long-poll with the reply", async () => {
		const person = await pairedPerson(it_);
		const session = await startSession(it_, person);
		const waiting = poll(it_, session, { wait: 25 });
		await it_.twilio.reply(person.number, "go");
		expect((await waiting).messages.map((message) => message.text)).toEqual(["go"]);
	});

	it("answers 204 when nothing came within the wait", async () => {
		const session = await startSession(it_, await pairedPerson(it_));
		expect((await poll(it_, session, { wait: 1 })).status).toBe(204);
	});

	it("offers a leased reply again after 30 s, until it is seen", async () => {
		const person = await pairedPerson(it_);
		const session = await startSession(it_, person);
		await it_.twilio.reply(person.number, "go");
		const { messages, cursor } = await poll(it_, session);
		expect((await poll(it_, session, { after: cursor })).status).toBe(204);
		await travel(database.db, "31 seconds");
		const again = await poll(it_, session, { after: cursor });
		expect(again.messages.map(({ id, ref }) => [id, ref])).toEqual(messages.map(({ id, ref }) => [id, ref]));
		await sendReceipt(it_, session, messages[0]?.id ?? "", { state: "seen", via: "prompt" });
		await travel(database.db, "31 seconds");
		expect((await poll(it_, session)).status).toBe(204);
	});

	it("goes to the session that the letter names, and asks by SMS when it cannot know (row 129)", async () => {
		const person = await pairedPerson(it_);
		const [api, web] = [await startSession(it_, person, "api"), await startSession(it_, person, "web")];
		await it_.twilio.reply(person.number, "go on");
		const asked = await smsTo(person, /api.*web|web.*api/s);
		for (const { handle } of [api, web]) expect(asked.body).toContain(handle);
		await it_.twilio.reply(person.number, web.handle.toUpperCase());
		expect((await poll(it_, web)).messages.map((message) => message.text)).toEqual(["go on"]);
		expect((await poll(it_, api)).status).toBe(204);
	});

	it("opens an inbox to its own session only", async () => {
		const person = await pairedPerson(it_);
		const [one, two] = [await startSession(it_, person, "one"), await startSession(it_, person, "two")];
		await it_.twilio.reply(person.number, `${one.handle} secret`);
		for (const headers of [two.headers, person.headers, {}]) {
			const { status, messages } = await poll(it_, { ...one, headers });
			expect([401, 403, 404]).toContain(status);
			expect(messages).toEqual([]);
		}
		const receipt = await sendReceipt(it_, { ...two, id: one.id }, secret(8), { state: "seen", via: "tool" });
		expect(receipt.status).toBeGreaterThanOrEqual(400);
	});

	it("writes no full number into the log, from pairing to receipt (row 48)", () => {
		const log = it_.logged.join("");
		expect(log).toContain("inbound message");
		for (const { to } of it_.twilio.sent) expect(log).not.toContain(to.slice(1));
	});
});

describe.each(databases)("STOP and START on $name", ({ open }) => {
	it.each([false, true])(
		"mute the phone and bring it back, with the carrier's Advanced Opt-Out: %s (row 105)",
		async (advancedOptOut) => {
			const database = await open();
			const it_ = await startReplyServer(database, { advancedOptOut });
			const person = await pairedPerson(it_);
			const session = await startSession(it_, person);
			const report = (type: string) =>
				post(
					it_.server.url,
					`/v1/sessions/${session.id}/events`,
					{ id: it_.server.deps.id(), type, occurred_at: new Date().toISOString(), details: {} },
					session.headers,
				);
			await it_.twilio.reply(person.number, "Stop");
			const muted = await report("done");
			expect(JSON.stringify(muted.body)).toMatch(/muted|opted_out/);
			await it_.twilio.reply(person.number, "START");
			await report("error");
			const sms = await it_.twilio.waitForSms(({ to, body }) => to === person.number && !/code/.test(body));
			expect(sms.body).not.toMatch(/Completed/);
			expect(it_.twilio.attempts.filter(({ to, status }) => to === person.number && status >= 400)).toEqual([]);
			await it_[Symbol.asyncDispose]();
			await database.close();
		},
	);
});
