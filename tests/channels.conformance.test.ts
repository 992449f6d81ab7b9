import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { Channel, DeliveryResult, Message } from "../server/channels/channel.ts";
import { createChannels } from "../server/channels/index.ts";
import { parseContact } from "../server/domain/parse-contact.ts";
import { plainMessage, renderMessage } from "../server/domain/render-message.ts";
import { SimulatorPhone } from "../server/simulator-phone.ts";
import { abilities, carriers, tableLine } from "./helpers/channel-table.ts";
import { emailByResend, emailBySmtp } from "./rows/email.ts";
import { ntfyByServer } from "./rows/ntfy.ts";
import { connected, context, type Fault, faults, mac, type ProviderRow, type Row } from "./rows/row.ts";
import { smsByTwilio, smsSimulated } from "./rows/sms.ts";
import { telegramByBot } from "./rows/telegram.ts";

/** One row a channel and provider. */
const withProvider: readonly ProviderRow[] = [smsByTwilio, telegramByBot, emailByResend, emailBySmtp, ntfyByServer];
const all: readonly Row[] = [...withProvider, smsSimulated];

function send(channel: Channel, address: string, message: Message | string = "tests pass", signal?: AbortSignal) {
	const options = {
		signal: signal ?? AbortSignal.timeout(10_000),
		// Each is a message of its own: with one key the second would be the first again.
		idempotencyKey: randomUUID(),
	};
	return channel.deliver(address, typeof message === "string" ? plainMessage(message) : message, options);
}

const hostile = `_*[]()~\`<b>&@everyone ${"x".repeat(5000)}`;
const conversation = { id: "01990000-0000-7000-8000-000000000002", replyToken: "a2b3c4d5e6f7g2h3" };

describe.each(all)("$name", ({ open }) => {
	it("delivers a message and says by which id the provider knows it (row 97)", async () => {
		await using row = await open();
		expect(await send(row.channel, row.address)).toMatchObject({ ok: true, providerId: expect.stringMatching(/./) });
		expect(row.arrived()).toEqual(["tests pass"]);
	});

	it("brings hostile text literally and cut at a character, within the provider's length (rows 97, 107)", async () => {
		await using row = await open();
		const { channel, address } = row;
		const details = { error_message: `${hostile}👩‍👩‍👧‍👦\ud83d` };
		for (const text of [details, { error_message: `first line\n${details.error_message}` }]) {
			const content = { type: "error", details: text, description: "a\u0000b", handle: "b", held: undefined } as const;
			for (const preferredLength of [channel.style.preferredLength, channel.style.maxLength]) {
				const style = { ...channel.style, preferredLength };
				const message = renderMessage({ kind: "event", ...content }, style, { conversation });
				expect((await send(channel, address, message)).ok).toBe(true);
			}
		}
		for (const text of row.arrived()) {
			expect(text).toContain(channel.style.charset === "gsm7" ? "_*[]()~'<b>&@everyone xx" : hostile.slice(0, 24));
			expect(text.length).toBeLessThanOrEqual(channel.style.maxLength);
			expect(text.isWellFormed()).toBe(true);
		}
		expect(row.arrived()).toHaveLength(4);
	});

	it("takes its own example as an address, and refuses what is none with a sentence for the user (row 100)", async () => {
		await using row = await open();
		const { channel } = row;
		const contact = parseContact(channel.addressExample, new Map([[channel.name, channel]]));
		if (!contact.ok) throw new Error(contact.message);
		const check = channel.checkAddress(contact.address);
		expect(check).toMatchObject({ ok: true, address: expect.stringMatching(/./) });
		expect(check.ok && check.label).not.toContain(contact.address);
		expect(channel.checkAddress("nonsense")).toMatchObject({ ok: false, message: expect.stringMatching(/\.$/) });
	});

	it("says of itself what the rest of the server goes by", async () => {
		await using row = await open();
		const { channel } = row;
		expect(channel.name).toMatch(/^[a-z][a-z0-9_]{0,31}$/);
		expect(channel.title).not.toBe("");
		expect(channel.style.preferredLength).toBeLessThanOrEqual(channel.style.maxLength);
	});
});

const stalling: readonly Fault[] = ["hang", "drip"];
const failing = withProvider.flatMap((row) =>
	row.faults
		.filter((fault) => !stalling.includes(fault))
		.map((fault) => ({ name: row.name, open: () => row.open(), fault, retryable: faults[fault] })),
);
const hanging = withProvider.flatMap((row) =>
	stalling
		.filter((fault) => row.faults.includes(fault))
		.map((fault) => ({ name: row.name, open: () => row.open(), fault })),
);

describe("a channel whose provider misbehaves", () => {
	it.each(failing)("$name: $fault may be tried again: $retryable (rows 95, 97)", async ({ open, fault, retryable }) => {
		await using row = await open();
		row.fail(fault);
		expect(await send(row.channel, row.address)).toMatchObject({ ok: false, retryable });
	});

	it.each(hanging)("$name: $fault ends with the signal, and may be tried again (row 97)", async ({ open, fault }) => {
		await using row = await open();
		row.fail(fault);
		const abort = new AbortController();
		const sending = send(row.channel, row.address, "x", abort.signal);
		setTimeout(() => abort.abort(), 100);
		expect(await sending).toMatchObject({ ok: false, retryable: true });
		expect(await send(row.channel, row.address, "x", AbortSignal.abort())).toMatchObject({ retryable: true });
	});
});

describe.each(withProvider)("$name", (given) => {
	it("stands in the table of docs/channels.md as it is", async () => {
		await using row = await given.open();
		const carrier = carriers.find(({ name }) => name === given.name);
		if (carrier === undefined) throw new Error(`the registry has no ${given.name}`);
		const line = `${tableLine(given.name, carrier.provider)}${abilities(row.channel)}`;
		const page = await readFile(new URL("../docs/channels.md", import.meta.url), "utf8");
		expect(page.split("\n").find((written) => written.startsWith(`| ${given.name} |`))).toBe(line);
	});

	it("carries the provider's own wait out of a refusal (row 97)", async () => {
		await using row = await given.open();
		row.busy?.(3);
		const result = await send(row.channel, row.address);
		if (row.busy === undefined) expect(result.ok).toBe(true);
		else expect(result).toMatchObject({ ok: false, retryable: true, retryAfterMs: 3000 });
	});

	it("is final about a wrong target, and nothing is sent (row 97)", async () => {
		await using row = await given.open();
		expect(await send(row.channel, row.wrongAddress)).toMatchObject({ ok: false, retryable: false });
		expect(row.arrived()).toEqual([]);
	});

	it("never shows a secret or an address, whatever goes wrong (row 97)", async () => {
		await using row = await given.open();
		const { channel, address, wrongAddress, secrets } = row;
		const results: DeliveryResult[] = [await send(channel, wrongAddress)];
		for (const fault of given.faults.filter((each) => !stalling.includes(each))) {
			row.fail(fault);
			results.push(await send(channel, address));
		}
		await row.goAway();
		results.push(await send(channel, address));
		expect(results.map((result) => result.ok)).toEqual(results.map(() => false));
		const seen = inspect(results, { depth: 10 });
		for (const secret of secrets) expect(seen).not.toContain(secret);
		expect(row.violations).toEqual([]);
	});
});

describe("the registry", () => {
	it("has no channel in production without credentials, and simulates each in development", () => {
		expect(createChannels({ configured: new Map(), context, mac, phone: undefined }).size).toBe(0);
		expect(connected("sms", {}, new SimulatorPhone())).toMatchObject({
			simulated: true,
			receipts: false,
			metered: true,
		});
	});
});
