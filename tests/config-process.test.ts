import { execFile } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { channelEntries } from "../server/channels/index.ts";
import { writeConfigFile } from "../server/config-file.ts";
import { post, secret } from "./helpers/login.ts";
import { startResendEmulator } from "./helpers/resend-emulator.ts";
import { type ServerProcess, serverStarter } from "./helpers/server-process.ts";
import { startTelegramEmulator, type TelegramEmulator } from "./helpers/telegram-emulator.ts";
import { until } from "./helpers/until.ts";
import { openResend, resendVariables } from "./rows/email.ts";
import { telegramVariables } from "./rows/telegram.ts";

const run = promisify(execFile);
let folder: string;
let telegram: TelegramEmulator;
beforeAll(async () => {
	telegram = await startTelegramEmulator();
});
afterAll(() => telegram[Symbol.asyncDispose]());
beforeEach(async () => {
	const made = await realpath(await mkdtemp(join(tmpdir(), "claude-notify-configured-")));
	folder = made;
	onTestFinished(() => rm(made, { recursive: true, force: true }));
});

const configure = (values: Record<string, string>) =>
	writeConfigFile({ path: join(folder, "data/config.json"), ours: true }, values);

interface Line {
	level: string;
	msg: string;
	channel?: string;
}
const logged = (running: ServerProcess) =>
	running
		.stderr()
		.split("\n")
		.filter(Boolean)
		.map((line) => JSON.parse(line) as Line);

const warningFor = (running: ServerProcess, channel: string) =>
	until(
		() => logged(running).find((line) => line.channel === channel && line.msg.includes("The other channels work")),
		12_000,
		running.stderr,
	);

function pair(url: URL, channel: string, address: string) {
	const body = { mode: "remote", channel, address, state: secret(16), code_challenge: "c".repeat(43) };
	return post(url, "/v1/login", body);
}

const wrong = {
	TWILIO_ACCOUNT_SID: `AC${"0".repeat(32)}`,
	TWILIO_AUTH_TOKEN: "hunter2hunter2hunter2",
	TWILIO_PHONE_NUMBER: "+15005550006",
	TWILIO_BASE_URL: "http://127.0.0.1:9",
};

describe("a server with one provider that refuses and one that is not there", () => {
	it("starts, warns with the variable's name, and sends on the channel that is well (row 113)", async () => {
		await using resend = await openResend();
		await using other = await startTelegramEmulator({ record: false });
		await configure({ ...wrong, ...resendVariables(resend) });
		const start = await serverStarter(folder);
		// The token is another bot's.
		const token = { TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_BASE_URL: other.baseUrl };
		await using running = start({ ...token });
		const url = await running.address();
		expect(await warningFor(running, "telegram")).toMatchObject({
			level: "warn",
			msg: expect.stringContaining("TELEGRAM_BOT_TOKEN"),
		});
		expect(await warningFor(running, "sms")).toMatchObject({ level: "warn", msg: expect.stringContaining("TWILIO_") });
		expect((await pair(url, "email", "delivered+ann@resend.dev")).status).toBe(200);
		await resend.waitForMail(({ to }) => to.includes("delivered+ann@resend.dev"));
		expect(running.stdout()).toMatch(/^SMS: +real by Twilio$/m);
		expect(running.stdout()).toMatch(/^E-mail: +real by Resend$/m);
		expect(logged(running).filter(({ channel, level }) => channel === "email" && level === "warn")).toEqual([]);
	});
});

describe("the server's first lines", () => {
	it("say which channels are real and which are simulated, and what is missing (rows 113, 231)", async () => {
		await configure(telegramVariables(telegram));
		const start = await serverStarter(folder);
		await using running = start({});
		await until(() => running.stdout().includes("/notify-setup"), 40_000, running.stderr);
		for (const line of [
			"SMS:                  simulated until TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER are set",
			"Telegram:             real",
			"E-mail:               simulated until RESEND_API_KEY, RESEND_FROM are set (or SMTP_URL, SMTP_FROM are set)",
			"Turn channels on:     npm run configure",
		]) {
			expect(running.stdout().split("\n")).toContain(line);
		}
		for (const { definition } of channelEntries) expect(running.stdout()).toContain(`\n${definition.title}:`);
	});

	it("say off instead of simulated in production (row 231)", async () => {
		const { privateKey } = generateKeyPairSync("ed25519");
		await writeFile(
			join(folder, ".env"),
			`JWT_PRIVATE_KEY="${privateKey.export({ type: "pkcs8", format: "pem" })}"\nDATA_KEY=${randomBytes(32).toString("hex")}\n`,
			{ mode: 0o600 },
		);
		const start = await serverStarter(folder);
		await using running = start({ NODE_ENV: "production" });
		await until(() => running.stdout().includes("/notify-setup"), 40_000, running.stderr);
		expect(running.stdout()).toMatch(/^Telegram: +off until TELEGRAM_BOT_TOKEN is set$/m);
		expect(running.stdout()).not.toContain("simulat");
	});
});

describe("secrets of the config file", () => {
	it("are neither in the list of processes nor in the log (row 112)", async () => {
		await using resend = await startResendEmulator({ record: false });
		const values = {
			...wrong,
			...resendVariables(resend),
			RESEND_API_KEY: "re_hunter2hunter2",
			...telegramVariables(telegram),
		};
		await configure(values);
		const start = await serverStarter(folder);
		await using running = start({ LOG_LEVEL: "debug" });
		const url = await running.address();
		await Promise.all([warningFor(running, "sms"), warningFor(running, "email")]);
		await pair(url, "sms", "+15551238912");
		await pair(url, "email", "delivered+ann@resend.dev");
		await until(() => (running.stderr().match(/\/login"/g)?.length ?? 0) >= 2, 20_000, running.stderr);
		const { stdout: processes } = await run("ps", ["axeww", "-o", "args"]);
		const seen = `${processes}\n${running.stdout()}\n${running.stderr()}`;
		expect(processes).toContain("main.mjs");
		const secrets = [wrong.TWILIO_AUTH_TOKEN, values.RESEND_API_KEY, resend.webhookSecret, telegram.token];
		for (const each of secrets) expect(seen).not.toContain(each);
		expect(seen).not.toContain(telegram.token.split(":")[1]);
	});

	it("stop a start with the cure when others can read them (row 112)", async () => {
		await configure(wrong);
		await run("chmod", ["644", join(folder, "data/config.json")]);
		const start = await serverStarter(folder);
		await using running = start({});
		expect(await running.ended).toBe(1);
		expect(running.stderr()).toContain(`chmod 600 ${join(folder, "data/config.json")}`);
		expect(running.stderr()).not.toContain("hunter2");
	});
});
