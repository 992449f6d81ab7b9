import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configureChannels } from "../server/channels/index.ts";
import { openTelegramRig, type TelegramRig } from "./helpers/telegram-rig.ts";
import { connected } from "./rows/row.ts";
import { telegramVariables } from "./rows/telegram.ts";

let rig: TelegramRig;
beforeEach(async () => {
	rig = await openTelegramRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

describe("Telegram's refusals", () => {
	it("switch the channel off when the person does not want the bot (row 105)", async () => {
		await rig.ann.block();
		expect(await rig.send("x")).toMatchObject({ ok: false, retryable: false, optedOut: true });
		const bob = rig.telegram.person();
		await bob.start();
		bob.deactivate();
		expect(await rig.send("x", {}, String(bob.id))).toMatchObject({ optedOut: true });
		const group = rig.telegram.group();
		await group.kick(rig.ann);
		expect(await rig.send("x", {}, String(group.id))).toMatchObject({ optedOut: true });
	});

	it("say what to do when the person has never started the bot (row 101)", async () => {
		const stranger = rig.telegram.person();
		for (const address of [String(stranger.id), "123456789"]) {
			const result = await rig.send("x", {}, address);
			expect(result).toMatchObject({ ok: false, retryable: false });
			expect(result).not.toHaveProperty("optedOut");
			expect(result.ok ? "" : result.reason).toContain("/notify-setup telegram");
		}
	});

	it("name the token's variable, and never its value", async () => {
		const wrong = { ...telegramVariables(rig.telegram), TELEGRAM_BOT_TOKEN: `123456789:AA${"x".repeat(33)}` };
		rig.channel = connected("telegram", wrong);
		const result = await rig.send("x");
		expect(result).toMatchObject({ ok: false, retryable: false, code: "401" });
		expect(result.ok ? "" : result.reason).toContain("TELEGRAM_BOT_TOKEN");
		await expect(rig.channel.pairingLink?.("t")).rejects.toThrow("TELEGRAM_BOT_TOKEN");
		expect(await checked(wrong)).toContain("TELEGRAM_BOT_TOKEN");
		expect(rig.telegram.violations.splice(0).join()).toMatch(/Unauthorized/);
	});

	it("are none where something in between answers at length", async () => {
		const result = { message_id: 1, date: 1, chat: { id: 1, type: "private" }, text: "x".repeat(100_000) };
		rig.telegram.next({ kind: "answer", status: 200, body: JSON.stringify({ ok: true, result }) });
		expect(await rig.send("x")).toMatchObject({ ok: false, retryable: true });
	});

	it("are none for an address that is not Telegram's", async () => {
		expect(await rig.send("x", {}, "+15551234567")).toMatchObject({ ok: false, retryable: false });
		expect(rig.called("sendMessage")).toEqual([]);
	});
});

describe("the bot's account", () => {
	it("gives the link by its name, asked once (row 101)", async () => {
		const links = await Promise.all(["Abc_-1", "Abc_-1"].map((token) => rig.channel.pairingLink?.(token)));
		expect(links).toEqual(Array(2).fill("https://t.me/claude_notify_bot?start=Abc_-1"));
		await rig.channel.pairingLink?.("x");
		expect(rig.called("getMe").length).toBeLessThanOrEqual(2);
	});

	it("is checked with the provider before anything is saved (row 111)", async () => {
		expect(await checked(telegramVariables(rig.telegram))).toBeUndefined();
	});

	it("is shown to no server with a certificate of its own making (row 118)", async () => {
		const pem = readFileSync(join(import.meta.dirname, "helpers/example-host.pem"));
		const asked: string[] = [];
		const host = createServer({ key: pem, cert: pem }, (request, response) => {
			asked.push(request.url ?? "");
			response.end("{}");
		});
		await new Promise<void>((done) => host.listen(0, "127.0.0.1", done));
		const baseUrl = `https://127.0.0.1:${(host.address() as AddressInfo).port}`;
		rig.channel = connected("telegram", { ...telegramVariables(rig.telegram), TELEGRAM_BASE_URL: baseUrl });
		expect(await rig.send("x")).toMatchObject({ ok: false, retryable: true });
		expect(asked).toEqual([]);
		host.closeAllConnections();
		host.close();
	});
});

function checked(variables: Record<string, string>): Promise<string | undefined> | undefined {
	return configureChannels(variables).channels.get("telegram")?.check(AbortSignal.timeout(5000));
}
