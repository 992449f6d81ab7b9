import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { qrText } from "../src/commands/qr.ts";
import { buildInto, hookOf as hook, initialize, startCompanion, typed } from "./helpers/companion-process.ts";
import { startScriptedServer } from "./helpers/scripted-server.ts";
import { type TemporaryFolder, temporaryFolder } from "./helpers/temporary-folder.ts";
import { until } from "./helpers/until.ts";

let built: TemporaryFolder;
let plugin: string;

beforeAll(async () => {
	built = await temporaryFolder();
	plugin = await buildInto(built.path);
});

afterAll(() => built[Symbol.asyncDispose]());

it("/notify-setup opens its page where there is a desktop, and prints it too (row 4)", async () => {
	await using server = await startScriptedServer();
	await using home = await temporaryFolder();
	const opened = join(home.path, "opened");
	await writeFile(
		join(home.path, "xdg-open"),
		`#!/bin/sh\nprintf %s "$1" > "${opened}.part" && mv "${opened}.part" "${opened}"\n`,
		{ mode: 0o755 },
	);
	const env = { HOME: home.path, CLAUDE_NOTIFY_URL: server.url, DISPLAY: ":99", PATH: `${home.path}:/usr/bin:/bin` };
	await using companion = await startCompanion(plugin, { env });
	await initialize(companion);
	const { reason } = Object(await companion.hook(typed("setup")));
	const url = await until(
		() => readFile(opened, "utf8").catch(() => undefined),
		5000,
		() => "no page was opened",
	);
	expect(reason).toContain(url);
	expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
		callback_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/cb$/),
		state: expect.stringMatching(/^[\w-]{32}$/),
		code_challenge: expect.stringMatching(/^[\w-]{43}$/),
		code_challenge_method: "S256",
	});
});

it.each([20, 24] as const)("/notify-setup telegram draws its QR code on Node %i (row 46)", async (node) => {
	await using server = await startScriptedServer();
	await using home = await temporaryFolder();
	const link = "https://t.me/claude_notify_bot?start=abcdefgh";
	const body = { temp_token: "t".repeat(32), expires_in: 600, channel: "telegram", channel_title: "Telegram", link };
	server.on("POST /login", () => ({ status: 200, body: { ...body, address_masked: null } }));
	await using companion = await startCompanion(plugin, {
		node,
		env: { HOME: home.path, CLAUDE_NOTIFY_URL: server.url },
	});
	await initialize(companion);
	const { reason } = Object(await companion.hook(typed("setup", "telegram")));
	expect(reason).toContain(`${link}\n${qrText(link)}\n`);
	expect(companion.stderr()).toBe("");
});

it("/notify-setup where opening a page fails prints it and goes on (row 46)", async () => {
	await using server = await startScriptedServer();
	await using home = await temporaryFolder();
	const env = { HOME: home.path, CLAUDE_NOTIFY_URL: server.url, DISPLAY: ":99", PATH: home.path };
	await using companion = await startCompanion(plugin, { env });
	await initialize(companion);
	expect(await companion.hook(typed("setup"))).toMatchObject({
		reason: expect.stringContaining(`${server.url}/login?`),
	});
	expect(await companion.hook(hook("PostToolUse"))).toEqual({});
});

it("a server that only listens holds nobody up: commands say that it does not answer", async () => {
	const deaf = createServer();
	await new Promise<void>((listening) => deaf.listen(0, "127.0.0.1", listening));
	const address = deaf.address();
	const port = typeof address === "object" ? address?.port : 0;
	await using home = await temporaryFolder();
	await using companion = await startCompanion(plugin, {
		env: { HOME: home.path, CLAUDE_NOTIFY_URL: `http://127.0.0.1:${port}` },
	});
	await initialize(companion);
	const answer = companion.hook(typed("setup", "+15551234567"));
	expect(await companion.hook(hook("PostToolUse"))).toEqual({});
	expect(await answer).toMatchObject({ reason: expect.stringContaining("cannot be reached: no answer within 15 s") });
	deaf.close();
}, 30_000);
