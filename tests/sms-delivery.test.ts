import { describe, expect, it } from "vitest";
import type { Channel } from "../server/channels/channel.ts";
import { plainMessage } from "../server/domain/render-message.ts";
import { startTwilioEmulator, type TwilioEmulator } from "./helpers/twilio-emulator.ts";
import { twilioVariables } from "./helpers/twilio-wire.ts";
import { connected } from "./rows/row.ts";

const id = "01990000-0000-7000-8000-000000000001";
const channelTo = (twilio: TwilioEmulator) => connected("sms", twilioVariables(twilio));
const send = (channel: Channel, address: string, text = "tests pass") =>
	channel.deliver(address, plainMessage(text), { signal: AbortSignal.timeout(10_000), idempotencyKey: id });

describe("SMS by Twilio", () => {
	it("asks for a report of each message at our own address, and lets the carrier try for ten minutes (rows 99, 119)", async () => {
		await using twilio = await startTwilioEmulator({ callbacks: "manual" });
		expect(await send(channelTo(twilio), "+15551238912", '(b) Claude: "x"')).toMatchObject({ ok: true, segments: 1 });
		expect(twilio.sent).toMatchObject([
			{
				to: "+15551238912",
				from: twilio.number,
				body: '(b) Claude: "x"',
				validityPeriod: 600,
				statusCallback: `https://notify.example.com/webhooks/twilio/status?delivery=${id}`,
			},
		]);
	});

	it("carries the wait of a 429 that is a date, and Twilio's own code (row 97)", async () => {
		await using twilio = await startTwilioEmulator({ callbacks: "manual", record: false });
		const date = new Date(Date.now() + 60_000).toUTCString();
		twilio.next({ kind: "answer", status: 429, code: 20429, headers: { "retry-after": date } });
		const later = await send(channelTo(twilio), "+15551238912");
		expect(later).toMatchObject({ ok: false, code: "20429" });
		expect(later.ok ? 0 : later.retryAfterMs).toBeGreaterThan(50_000);
		expect(later.ok ? 0 : later.retryAfterMs).toBeLessThanOrEqual(60_000);
	});

	it("tells that the person opted out", async () => {
		await using twilio = await startTwilioEmulator({ callbacks: "manual", record: false });
		expect(await send(channelTo(twilio), "+15005550004")).toMatchObject({
			ok: false,
			retryable: false,
			optedOut: true,
			code: "21610",
		});
	});
});
