import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveryReport } from "../src/contract/sessions.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { post } from "./helpers/login.ts";
import { type Person, pairedPerson, type ReplyServer, startReplyServer } from "./helpers/reply-server.ts";
import { postWebhook } from "./helpers/twilio-wire.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("Twilio's status callbacks on $name", ({ open }) => {
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

	async function reportOf(who: Person, id: string | undefined) {
		const answer = await fetch(new URL(`/v1/deliveries/${id}`, it_.server.url), { headers: who.headers });
		return deliveryReport.parse(await answer.json());
	}
	/** A test message that Twilio took and delivered. */
	async function testMessage(who: Person) {
		const answer = await post(it_.server.url, "/v1/test", {}, who.headers);
		const [queued] = deliveryReport.array().parse(answer.body["deliveries"]);
		const sms = await it_.twilio.waitForSms(({ to, body }) => to === who.number && /test message/.test(body));
		await it_.twilio.settled();
		return { id: queued?.id, sms };
	}

	it("are taken with a signature over our public address, query and all (row 119)", async () => {
		const who = await pairedPerson(it_);
		const { id, sms } = await testMessage(who);
		expect(sms.statusCallback).toBe(`${it_.server.url.origin}/webhooks/twilio/status?delivery=${id}`);
		const mine = it_.twilio.callbacks.filter(({ sid }) => sid === sms.sid);
		expect(mine.map(({ messageStatus, status }) => [messageStatus, status])).toEqual([
			["sent", 204],
			["delivered", 204],
		]);
		expect(await reportOf(who, id)).toMatchObject({ state: "delivered" });
	});

	it("are refused when forged, and change nothing", async () => {
		const who = await pairedPerson(it_);
		const { id, sms } = await testMessage(who);
		const params = { MessageSid: sms.sid, MessageStatus: "undelivered", ErrorCode: "30003" };
		const forged = await postWebhook(sms.statusCallback ?? "", "not Twilio's token", params);
		expect(forged.status).toBe(401);
		expect(await reportOf(who, id)).toMatchObject({ state: "delivered", error: null });
	});

	it("send an SMS once though Twilio's first two answers were errors, and not again after a refusal (row 95)", async () => {
		const who = await pairedPerson(it_);
		const before = it_.twilio.attempts.length;
		it_.twilio.next({ kind: "answer", status: 500 }, { kind: "answer", status: 503, body: "<html>busy</html>" });
		const { id } = await testMessage(who);
		expect(it_.twilio.attempts.slice(before).map(({ status }) => status)).toEqual([500, 503, 201]);
		await until(
			async () => (await reportOf(who, id)).state === "delivered",
			5000,
			async () => JSON.stringify(await reportOf(who, id)),
		);
		it_.twilio.next({ kind: "answer", status: 400, code: 21614 });
		const refused = await post(it_.server.url, "/v1/test", {}, who.headers);
		const [queued] = deliveryReport.array().parse(refused.body["deliveries"]);
		const failed = await until(
			async () => {
				const report = await reportOf(who, queued?.id);
				return report.state === "failed" && report;
			},
			5000,
			async () => JSON.stringify(await reportOf(who, queued?.id)),
		);
		expect(failed.error).toBe("The phone number is not a mobile phone's.");
		expect(it_.twilio.attempts.slice(before)).toHaveLength(4);
		expect(it_.logged.join("")).not.toContain(who.number);
	});
});
