import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import twilio from "twilio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTwilioEmulator, type TwilioEmulator } from "./helpers/twilio-emulator.ts";
import { signTwilio } from "./helpers/twilio-rules.ts";

interface Webhook {
	signature: string;
	url: string;
	params: Record<string, string>;
}

let emulator: TwilioEmulator;
const webhooks: Webhook[] = [];
const receiver = createServer((request, response) => {
	let body = "";
	request.setEncoding("utf8");
	request.on("data", (chunk: string) => {
		body += chunk;
	});
	request.on("end", () => {
		webhooks.push({
			signature: String(request.headers["x-twilio-signature"]),
			url: `http://${request.headers.host}${request.url}`,
			params: Object.fromEntries(new URLSearchParams(body)),
		});
		response.writeHead(200, { "content-type": "text/xml" }).end("<Response/>");
	});
});
let receiverUrl = "";

beforeAll(async () => {
	await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
	receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
	emulator = await startTwilioEmulator({ record: false, inboundUrl: `${receiverUrl}/in?x=1` });
});

afterAll(async () => {
	await emulator[Symbol.asyncDispose]();
	receiver.close();
});

/** The official SDK, pointed at the emulator. */
function client(authToken = emulator.authToken) {
	const sdk = twilio(emulator.accountSid, authToken);
	sdk.api.baseUrl = emulator.baseUrl;
	return sdk;
}

const send = (to: string, body: string, more = {}) =>
	client().messages.create({ to, from: emulator.number, body, ...more });

describe("Twilio emulator", () => {
	it("takes a message from the official SDK and reports it sent, then delivered, in webhooks that the SDK's own check accepts", async () => {
		const message = await send("+15551230001", "tests pass", { statusCallback: `${receiverUrl}/status` });
		expect(message).toMatchObject({ status: "queued", numSegments: "1", to: "+15551230001", errorCode: null });
		await emulator.settled();
		const reports = webhooks.filter((webhook) => webhook.params["MessageSid"] === message.sid);
		expect(reports.map((webhook) => webhook.params["MessageStatus"])).toEqual(["sent", "delivered"]);
		for (const { signature, url, params } of reports) {
			expect(twilio.validateRequest(emulator.authToken, signature, url, params)).toBe(true);
			const tampered = { ...params, MessageStatus: "failed" };
			expect(twilio.validateRequest(emulator.authToken, signature, url, tampered)).toBe(false);
		}
	});

	it("signs an answer from a phone, with a parameter that no documentation lists, as the SDK's own check wants it", async () => {
		const answer = await emulator.reply("+15551230001", "b run the tests & ümlaut €");
		expect(answer).toMatchObject({ status: 200, contentType: "text/xml" });
		const received = webhooks.find((webhook) => webhook.params["MessageSid"] === answer.sid);
		expect(received?.params["Body"]).toBe("b run the tests & ümlaut €");
		expect(Object.keys(received?.params ?? {}).some((name) => name.startsWith("Added"))).toBe(true);
		expect(
			twilio.validateRequest(
				emulator.authToken,
				received?.signature ?? "",
				`${receiverUrl}/in?x=1`,
				received?.params ?? {},
			),
		).toBe(true);
	});

	it("computes the signature of the vendor's published example", () => {
		const params = {
			CallSid: "CA1234567890ABCDE",
			Caller: "+14158675310",
			Digits: "1234",
			From: "+14158675310",
			To: "+18005551212",
		};
		const url = "https://example.com/myapp.php?foo=1&bar=2";
		expect(signTwilio("12345", url, params)).toBe("L/OH5YylLD5NRKLltdqwSvS0BnU=");
	});

	it.each([
		["a wrong number", "+15005550001", "x", {}, 21211],
		["a number that is no number", "0151", "x", {}, 21211],
		["an unreachable number", "+15005550002", "x", {}, 21612],
		["a region that is not enabled", "+15005550003", "x", {}, 21408],
		["a person who opted out", "+15005550004", "x", {}, 21610],
		["a landline", "+15005550009", "x", {}, 21614],
		["another's sender", "+15551230002", "x", { from: "+15551239999" }, 21606],
		["no text", "+15551230002", "", {}, 21602],
		["1,601 characters", "+15551230002", "x".repeat(1601), {}, 21617],
		["a validity period of a day and more", "+15551230002", "x", { validityPeriod: 90_000 }, 21714],
		["a callback that is no URL", "+15551230002", "x", { statusCallback: "status" }, 21609],
	])("refuses %s", async (_what, to, body, more, code) => {
		await expect(send(to, body, more)).rejects.toMatchObject({ status: 400, code });
	});

	it("refuses wrong credentials and other paths, and notes each as a violation", async () => {
		await expect(client("0".repeat(32)).messages.create({ to: "+15551230001", body: "x" })).rejects.toMatchObject({
			status: 401,
			code: 20003,
		});
		await expect(client().messages("SM00000000000000000000000000000000").fetch()).rejects.toMatchObject({
			status: 404,
			code: 20404,
		});
		await expect(client().calls("CA00000000000000000000000000000000").fetch()).rejects.toMatchObject({ status: 404 });
		// That nobody has a message is no mistake: it is how an account is tried for nothing.
		expect(emulator.violations.splice(0)).toHaveLength(2);
	});

	it("refuses JSON and unknown parameters, which the real API would ignore without a word", async () => {
		const path = `/2010-04-01/Accounts/${emulator.accountSid}/Messages.json`;
		const authorization = `Basic ${btoa(`${emulator.accountSid}:${emulator.authToken}`)}`;
		const post = (contentType: string, body: string) =>
			fetch(emulator.baseUrl + path, {
				method: "POST",
				headers: { authorization, "content-type": contentType },
				body,
			}).then((response) => response.status);
		expect(await post("application/json", "{}")).toBe(415);
		expect(await post("application/x-www-form-urlencoded", "To=%2B15551230001&Bodyy=x")).toBe(400);
		expect(emulator.violations.splice(0)).toHaveLength(2);
	});

	it("keeps its opt-out list: one keyword alone stops everything until START, a sentence does not", async () => {
		const phone = "+15551230003";
		await emulator.reply(phone, "STOP PLEASE");
		await send(phone, "still on");
		await emulator.reply(phone, " stop ");
		await expect(send(phone, "off")).rejects.toMatchObject({ code: 21610 });
		await emulator.reply(phone, "start");
		await send(phone, "on again");
		expect(emulator.sent.filter((sms) => sms.to === phone).map((sms) => sms.body)).toEqual(["still on", "on again"]);
		expect(emulator.carrierReplies.filter((reply) => reply.to === phone)).toHaveLength(2);
	});

	it("does as it was told with the next requests, then answers well again", async () => {
		const phone = "+15551230004";
		emulator.next({ kind: "answer", status: 429, code: 20429, headers: { "retry-after": "3" } }, { kind: "reset" });
		await expect(send(phone, "1")).rejects.toMatchObject({ status: 429, code: 20429 });
		await expect(send(phone, "2")).rejects.toMatchObject({ code: "ECONNRESET" });
		emulator.next({ kind: "lost_answer" });
		await expect(send(phone, "3")).rejects.toMatchObject({ code: "ECONNRESET" });
		await send(phone, "4");
		const mine = emulator.attempts.filter((attempt) => attempt.to === phone);
		expect(mine.map((attempt) => attempt.status)).toEqual([429, 0, 0, 201]);
		expect(emulator.sent.filter((sms) => sms.to === phone).map((sms) => sms.body)).toEqual(["3", "4"]);
		expect((await emulator.waitForSms((sms) => sms.body === "4")).segments).toBe(1);
	});
});
