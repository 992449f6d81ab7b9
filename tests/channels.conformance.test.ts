import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { Channel, DeliveryResult } from "../server/channels/channel.ts";
import { createChannels } from "../server/channels/index.ts";
import { renderMessage } from "../server/domain/render-message.ts";
import { SimulatorPhone } from "../server/simulator-phone.ts";
import { type ChannelName, channelNames } from "../src/contract/channels.ts";
import { type Misbehaviour, startTwilioEmulator } from "./helpers/twilio-emulator.ts";

/** A channel beside whatever receives its messages. */
interface Fixture extends AsyncDisposable {
	channel: Channel;
	/** A good address of it. */
	address: string;
	/** Messages that arrived, as their receiver reads them. */
	arrived(): string[];
}

/** A fixture whose provider can be told to fail. */
interface ProviderFixture extends Fixture {
	/** Makes the next request meet this. */
	next(misbehaviour: Misbehaviour): void;
	/** An address that the provider refuses for good. */
	wrongAddress: string;
	/** What must never be seen outside the channel. */
	secrets: string[];
	/** Breaches of the vendor's protocol. */
	violations: string[];
	/** Lets nobody listen at the provider's address any more. */
	goAway(): Promise<void>;
}

const publicUrl = () => new URL("https://notify.example.com");

async function smsByTwilio(): Promise<ProviderFixture> {
	const twilio = await startTwilioEmulator({ callbacks: "manual" });
	const channels = createChannels({
		twilio: {
			accountSid: twilio.accountSid,
			authToken: twilio.authToken,
			phoneNumber: twilio.number,
			baseUrl: new URL(twilio.baseUrl),
		},
		publicUrl,
		phone: undefined,
	});
	return {
		channel: get(channels, "sms"),
		address: "+15551238912",
		wrongAddress: "+15005550001",
		arrived: () => twilio.sent.map((sms) => sms.body),
		next: (misbehaviour) => twilio.next(misbehaviour),
		secrets: [twilio.authToken, btoa(`${twilio.accountSid}:${twilio.authToken}`), "+15551238912", "+15005550001"],
		violations: twilio.violations,
		goAway: () => twilio[Symbol.asyncDispose](),
		[Symbol.asyncDispose]: () => twilio[Symbol.asyncDispose](),
	};
}

function smsSimulated(): Promise<Fixture> {
	const phone = new SimulatorPhone();
	return Promise.resolve({
		channel: get(createChannels({ twilio: undefined, publicUrl, phone }), "sms"),
		address: "+15551238912",
		arrived: () => phone.messages.map((message) => message.text),
		[Symbol.asyncDispose]: () => Promise.resolve(),
	});
}

function get(channels: ReadonlyMap<ChannelName, Channel>, name: ChannelName): Channel {
	const channel = channels.get(name);
	if (channel === undefined) throw new Error(`there is no channel ${name}`);
	return channel;
}

/** One row a channel. */
const withProvider = [{ name: "SMS by Twilio", open: smsByTwilio }];
const all = [...withProvider, { name: "SMS on the simulator", open: smsSimulated }];

const send = (channel: Channel, address: string, text = "tests pass", signal = AbortSignal.timeout(10_000)) =>
	channel.deliver(address, { text }, { signal, idempotencyKey: "01990000-0000-7000-8000-000000000001" });

const hostile = `_*[]()~\`<b>&@everyone ${"x".repeat(5000)}`;

describe.each(all)("$name", ({ open }) => {
	it("delivers a message and says by which id the provider knows it (row 97)", async () => {
		await using fixture = await open();
		const result = await send(fixture.channel, fixture.address);
		expect(result).toMatchObject({ ok: true, providerId: expect.stringMatching(/./), segments: 1 });
		expect(fixture.arrived()).toEqual(["tests pass"]);
	});

	it("brings hostile text literally and cut at a character, within the provider's length (row 97)", async () => {
		await using fixture = await open();
		const { channel, address } = fixture;
		const details = { error_message: `${hostile}👩‍👩‍👧‍👦\ud83d` };
		const content = { type: "error", details, description: "a\u0000b", handle: "b", held: undefined } as const;
		for (const preferredLength of [channel.style.preferredLength, channel.style.maxLength]) {
			const message = renderMessage({ kind: "event", ...content }, { ...channel.style, preferredLength });
			expect((await send(channel, address, message.text)).ok).toBe(true);
		}
		for (const text of fixture.arrived()) {
			expect(text).toContain(channel.style.charset === "gsm7" ? "_*[]()~'<b>&@everyone xx" : hostile.slice(0, 24));
			expect(text.length).toBeLessThanOrEqual(channel.style.maxLength);
			expect(text.isWellFormed()).toBe(true);
		}
		expect(fixture.arrived()).toHaveLength(2);
	});

	it("takes its own example as an address, and refuses what is none with a sentence for the user", async () => {
		await using fixture = await open();
		const { channel } = fixture;
		const check = channel.checkAddress(channel.addressExample);
		expect(check).toMatchObject({ ok: true, address: channel.addressExample });
		expect(check.ok && check.label).not.toContain(channel.addressExample);
		expect(channel.checkAddress("nonsense")).toMatchObject({ ok: false, message: expect.stringMatching(/\.$/) });
	});

	it("says of itself what the rest of the server goes by", async () => {
		await using fixture = await open();
		const { channel } = fixture;
		expect(channelNames).toContain(channel.name);
		expect(channel.title).not.toBe("");
		expect(channel.style.preferredLength).toBeLessThanOrEqual(channel.style.maxLength);
	});
});

describe.each(withProvider)("$name", ({ open }) => {
	const refused = (misbehaviour: Misbehaviour) => ({ misbehaviour, retryable: false });
	const passing = (misbehaviour: Misbehaviour) => ({ misbehaviour, retryable: true });

	it("carries the provider's own wait out of a 429, in seconds and as a date (row 97)", async () => {
		await using fixture = await open();
		fixture.next({ kind: "answer", status: 429, code: 20429, headers: { "retry-after": "3" } });
		expect(await send(fixture.channel, fixture.address)).toMatchObject({
			ok: false,
			retryable: true,
			code: "20429",
			retryAfterMs: 3000,
		});
		const date = new Date(Date.now() + 60_000).toUTCString();
		fixture.next({ kind: "answer", status: 429, headers: { "retry-after": date } });
		const later = await send(fixture.channel, fixture.address);
		expect(later.ok ? 0 : later.retryAfterMs).toBeGreaterThan(50_000);
		expect(later.ok ? 0 : later.retryAfterMs).toBeLessThanOrEqual(60_000);
	});

	it.each(["hang", "drip"] as const)(
		"ends with its signal when the provider does not answer (%s), and may be tried again (row 97)",
		async (kind) => {
			await using fixture = await open();
			fixture.next({ kind });
			const abort = new AbortController();
			const sending = send(fixture.channel, fixture.address, "x", abort.signal);
			setTimeout(() => abort.abort(), 100);
			expect(await sending).toMatchObject({ ok: false, retryable: true });
			expect(await send(fixture.channel, fixture.address, "x", AbortSignal.abort())).toMatchObject({ retryable: true });
		},
	);

	it("is final about a wrong target, and nothing is sent (row 97)", async () => {
		await using fixture = await open();
		expect(await send(fixture.channel, fixture.wrongAddress)).toMatchObject({ ok: false, retryable: false });
		expect(fixture.arrived()).toEqual([]);
	});

	it.each([
		["500", passing({ kind: "answer", status: 500 })],
		["503 in HTML", passing({ kind: "answer", status: 503, body: "<html>busy</html>" })],
		["a reset", passing({ kind: "reset" })],
		["a lost answer", passing({ kind: "lost_answer" })],
		[
			"200 from something in between",
			passing({ kind: "answer", status: 200, body: "<html>log in to the Wi-Fi</html>" }),
		],
		[
			"an answer larger than any of the provider's",
			passing({ kind: "answer", status: 201, body: JSON.stringify({ sid: "SM1", pad: "x".repeat(100_000) }) }),
		],
		["408", passing({ kind: "answer", status: 408 })],
		["400", refused({ kind: "answer", status: 400 })],
		["401", refused({ kind: "answer", status: 401, code: 20003 })],
		["404", refused({ kind: "answer", status: 404, code: 20404 })],
		[
			"a redirect, which is not followed",
			refused({ kind: "answer", status: 302, headers: { location: "http://127.0.0.1:1/" } }),
		],
	])("knows whether %s may go better next time (row 95)", async (_what, { misbehaviour, retryable }) => {
		await using fixture = await open();
		fixture.next(misbehaviour);
		expect(await send(fixture.channel, fixture.address)).toMatchObject({ ok: false, retryable });
	});

	it("never shows a secret or an address, whatever goes wrong (row 97)", async () => {
		await using fixture = await open();
		const { channel, address, wrongAddress, secrets } = fixture;
		const results: DeliveryResult[] = [await send(channel, wrongAddress)];
		const misbehaviours: Misbehaviour[] = [
			{ kind: "answer", status: 401, code: 20003 },
			{ kind: "answer", status: 400, code: 99_999, message: `The 'To' number ${address} is odd` },
			{ kind: "answer", status: 500, body: `<html>${address}</html>` },
			{ kind: "reset" },
		];
		for (const misbehaviour of misbehaviours) {
			fixture.next(misbehaviour);
			results.push(await send(channel, address));
		}
		await fixture.goAway();
		results.push(await send(channel, address));
		expect(results.map((result) => result.ok)).toEqual(results.map(() => false));
		const seen = inspect(results, { depth: 10 });
		for (const secret of secrets) expect(seen).not.toContain(secret);
		expect(fixture.violations).toEqual([]);
	});
});

describe("SMS by Twilio", () => {
	it("asks for a report of each message at our own address, and lets the carrier try for ten minutes (row 119)", async () => {
		await using twilio = await startTwilioEmulator({ callbacks: "manual" });
		const { accountSid, authToken, number: phoneNumber } = twilio;
		const credentials = { accountSid, authToken, phoneNumber, baseUrl: new URL(twilio.baseUrl) };
		const sms = get(createChannels({ twilio: credentials, publicUrl, phone: undefined }), "sms");
		await send(sms, "+15551238912", '(b) Claude: "x"');
		expect(twilio.sent).toMatchObject([
			{
				to: "+15551238912",
				from: phoneNumber,
				validityPeriod: 600,
				statusCallback:
					"https://notify.example.com/webhooks/twilio/status?delivery=01990000-0000-7000-8000-000000000001",
			},
		]);
	});

	it("tells that the person opted out", async () => {
		await using fixture = await smsByTwilio();
		expect(await send(fixture.channel, "+15005550004")).toMatchObject({
			ok: false,
			retryable: false,
			optedOut: true,
			code: "21610",
		});
	});

	it("is not there in production without credentials, and is simulated in development", () => {
		expect(createChannels({ twilio: undefined, publicUrl, phone: undefined }).size).toBe(0);
		const simulated = createChannels({ twilio: undefined, publicUrl, phone: new SimulatorPhone() });
		expect(simulated.get("sms")).toMatchObject({ simulated: true, receipts: false, metered: true });
	});
});
