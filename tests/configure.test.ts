import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text as readText } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { buildServer } from "../.ci/build.ts";
import { channelEntries } from "../server/channels/index.ts";
import { carriers } from "./helpers/channel-table.ts";
import { challengeOf, post, secret } from "./helpers/login.ts";
import { serverStarter } from "./helpers/server-process.ts";
import { startTelegramEmulator } from "./helpers/telegram-emulator.ts";
import { openTerminal } from "./helpers/tmux.ts";
import { startTwilioEmulator, type TwilioEmulator } from "./helpers/twilio-emulator.ts";
import { until } from "./helpers/until.ts";

const root = resolve(import.meta.dirname, "..");
let main: string;
let twilio: TwilioEmulator;
let folder: string;
let terminals = 0;
const config = () => join(folder, "data/config.json");

beforeAll(async () => {
	main = await buildServer(root);
	twilio = await startTwilioEmulator();
});
afterAll(() => twilio[Symbol.asyncDispose]());
beforeEach(async () => {
	const made = await mkdtemp(join(tmpdir(), "claude-notify-wizard-"));
	folder = made;
	onTestFinished(() => rm(made, { recursive: true, force: true }));
});

const environment = (more: Record<string, string> = {}) => ({
	PATH: "/usr/local/bin:/usr/bin:/bin",
	HOME: folder,
	DATA_DIR: join(folder, "data"),
	TWILIO_BASE_URL: twilio.baseUrl,
	...more,
});

/** The wizard on a real terminal. */
async function openWizard(more: Record<string, string> = {}) {
	const terminal = await openTerminal({
		socket: join(folder, `tmux-${++terminals}`),
		cwd: folder,
		env: environment(more),
		// The shell stays, so that the screen does too.
		command: ["/bin/sh", "-c", '"$0" "$1" configure; echo "exit code $?"; read never', process.execPath, main],
	});
	onTestFinished(() => terminal.close());
	const shows = (words: RegExp) =>
		until(
			async () => words.exec(await terminal.screen()) ?? false,
			15_000,
			() => terminal.screen(),
		);
	/** Answers the question that stands last on the screen. */
	async function answer(question: RegExp, typed: string): Promise<void> {
		await shows(new RegExp(`${question.source}\\s*$`));
		await terminal.write(typed);
		await terminal.press("Enter");
	}
	const ended = async () => Number((await shows(/^exit code (\d+)$/m))[1]);
	return { ...terminal, shows, answer, ended };
}

type Wizard = Awaited<ReturnType<typeof openWizard>>;

async function enterTwilio(wizard: Wizard, authToken: string): Promise<void> {
	await wizard.answer(/Enter to finish:/, "1");
	await wizard.answer(/TWILIO_ACCOUNT_SID:/, twilio.accountSid);
	await wizard.answer(/TWILIO_AUTH_TOKEN:/, authToken);
	await wizard.answer(/TWILIO_PHONE_NUMBER:/, twilio.number);
}

describe("npm run configure", () => {
	it("saves what the provider takes, for the owner's eyes only, and never shows a secret (rows 111, 112)", async () => {
		const wizard = await openWizard();
		await enterTwilio(wizard, twilio.authToken);
		await wizard.shows(/Saved in .*config\.json/);
		expect(JSON.parse(await readFile(config(), "utf8"))).toEqual({
			TWILIO_ACCOUNT_SID: twilio.accountSid,
			TWILIO_AUTH_TOKEN: twilio.authToken,
			TWILIO_PHONE_NUMBER: twilio.number,
		});
		expect((await stat(config())).mode & 0o777).toBe(0o600);
		expect((await stat(join(folder, "data"))).mode & 0o777).toBe(0o700);
		await wizard.answer(/Enter to finish:/, "");
		expect(await wizard.ended()).toBe(0);
		const screen = await wizard.screen();
		expect(screen).toMatch(/1 {2}SMS by Twilio +on \(saved here\)/);
		expect(screen).toContain("npm start");
		expect(screen).toContain(twilio.accountSid);
		expect(screen).not.toContain(twilio.authToken.slice(0, 8));
		expect(twilio.attempts).toEqual([]);
	});

	it("leads to a server that sends by Telegram, as the README has it (rows 111, 200)", async () => {
		await using telegram = await startTelegramEmulator();
		const base = { TELEGRAM_BASE_URL: telegram.baseUrl };
		const wizard = await openWizard(base);
		const number = carriers.findIndex(({ name }) => name === "Telegram") + 1;
		await wizard.answer(/Enter to finish:/, String(number));
		await wizard.answer(/TELEGRAM_BOT_TOKEN:/, telegram.token);
		await wizard.answer(/TELEGRAM_WEBHOOK_SECRET:/, "");
		await wizard.shows(/Saved in/);
		await wizard.answer(/Enter to finish:/, "");
		expect(await wizard.ended()).toBe(0);
		expect(await wizard.screen()).not.toContain(telegram.token.split(":")[1]);

		const start = await serverStarter(folder);
		await using running = start({ ...base, DATA_DIR: join(folder, "data") });
		const url = await running.address();
		await until(() => /^Telegram: +real$/m.test(running.stdout()), 5000, running.stdout);
		const body = { mode: "remote", channel: "telegram", state: secret(16), code_challenge: challengeOf(secret()) };
		const { body: started } = await post(url, "/v1/login", body);
		expect(started["link"]).toMatch(new RegExp(`^https://t\\.me/${telegram.botUsername}\\?start=[\\w-]+$`));
		const ann = telegram.person();
		await ann.start(new URL(String(started["link"])).searchParams.get("start") ?? "");
		const code = await telegram.waitForMessage(({ chatId }) => chatId === ann.id);
		expect(code.text).toMatch(/\b\d{6}\b/);
		expect(telegram.violations).toEqual([]);
	});

	it("asks again for a value of the wrong form, and saves nothing that the provider refuses (row 111)", async () => {
		const wizard = await openWizard();
		await wizard.answer(/Enter to finish:/, "99");
		await wizard.shows(/There is no number like that/);
		await wizard.answer(/Enter to finish:/, "1");
		await wizard.answer(/TWILIO_ACCOUNT_SID:/, "AC-nonsense");
		await wizard.shows(/must be AC and 32 hex digits/);
		await wizard.answer(/TWILIO_ACCOUNT_SID:/, twilio.accountSid);
		await wizard.answer(/TWILIO_AUTH_TOKEN:/, "0123456789abcdef0123456789abcdef");
		await wizard.answer(/TWILIO_PHONE_NUMBER:/, twilio.number);
		await wizard.shows(/TWILIO_AUTH_TOKEN: Twilio does not accept them\.\s+Nothing was saved\./);
		await wizard.answer(/Enter to finish:/, "");
		expect(await wizard.ended()).toBe(0);
		await expect(stat(config())).rejects.toThrow("ENOENT");
		expect(twilio.violations.splice(0)).toEqual([expect.stringContaining("Authenticate")]);
	});

	it("says that the provider cannot be reached, and saves nothing (rows 111, 113)", async () => {
		const wizard = await openWizard({ TWILIO_BASE_URL: "http://127.0.0.1:9" });
		await enterTwilio(wizard, twilio.authToken);
		await wizard.shows(/Twilio could not be reached.*TWILIO_AUTH_TOKEN[^.]*\.\s+Nothing was saved\./s);
		await expect(stat(config())).rejects.toThrow("ENOENT");
	});

	it("leaves everything as it was at Ctrl-C, also in the middle of a secret (row 111)", async () => {
		const wizard = await openWizard();
		await wizard.answer(/Enter to finish:/, "1");
		await wizard.answer(/TWILIO_ACCOUNT_SID:/, twilio.accountSid);
		await wizard.shows(/TWILIO_AUTH_TOKEN:\s*$/);
		await wizard.write("half-a-secret");
		await wizard.press("C-c");
		expect(await wizard.ended()).toBe(0);
		expect(await wizard.screen()).toContain("Nothing was changed.");
		expect(await wizard.screen()).not.toContain("half");
		await expect(stat(config())).rejects.toThrow("ENOENT");
	});

	it("changes one value and keeps the rest, then switches the channel off (row 111)", async () => {
		const first = await openWizard();
		await enterTwilio(first, twilio.authToken);
		await first.shows(/Saved in/);
		await writeFile(config(), JSON.stringify({ ...JSON.parse(await readFile(config(), "utf8")), PORT: "9000" }));

		const second = await openWizard({ TWILIO_PHONE_NUMBER: "+15005550006" });
		await second.answer(/Enter to finish:/, "1");
		await second.answer(/or Enter to leave it:/, "n");
		await second.answer(/TWILIO_ACCOUNT_SID:/, "");
		await second.answer(/TWILIO_AUTH_TOKEN:/, "");
		await second.answer(/TWILIO_PHONE_NUMBER:/, "+15551230000");
		await second.shows(/TWILIO_PHONE_NUMBER is in the environment too, and that one counts/);
		expect(JSON.parse(await readFile(config(), "utf8"))).toMatchObject({
			TWILIO_AUTH_TOKEN: twilio.authToken,
			TWILIO_PHONE_NUMBER: "+15551230000",
		});
		await second.answer(/Enter to finish:/, "1");
		await second.answer(/or Enter to leave it:/, "o");
		await second.shows(/Still set in the environment or in \.env: TWILIO_PHONE_NUMBER/);
		expect(JSON.parse(await readFile(config(), "utf8"))).toEqual({ PORT: "9000" });
	});

	it("asks nothing while the config file is open to others, and says the cure (row 112)", async () => {
		await writeFile(join(folder, "open.json"), "{}");
		await chmod(join(folder, "open.json"), 0o644);
		const wizard = await openWizard({ CLAUDE_NOTIFY_CONFIG: join(folder, "open.json") });
		expect(await wizard.ended()).toBe(1);
		expect(await wizard.screen()).not.toContain("Number of a channel");
	});
});

async function withoutTerminal(command: string, args: string[]) {
	const child = spawn(command, args, { cwd: root, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
	const [[code], out, err] = await Promise.all([once(child, "close"), readText(child.stdout), readText(child.stderr)]);
	return { code: code as number, out, err };
}
const variables = channelEntries.flatMap(({ providers }) => providers.flatMap((provider) => provider.variables));

describe("npm run configure without a terminal", () => {
	it("ends at once with 2 and names every variable to set instead (row 111)", async () => {
		const { code, err } = await withoutTerminal("npm", ["run", "configure"]);
		expect(code).toBe(2);
		expect(err).toContain("there is no terminal here");
		for (const { name } of variables) expect(err).toContain(name);
	});

	it("explains itself with --help (row 111)", async () => {
		const { code, out } = await withoutTerminal(process.execPath, [main, "configure", "--help"]);
		expect(code).toBe(0);
		for (const { name, about } of variables) expect(out).toContain(`  ${name.padEnd(24)}${about}`);
	});

	it("takes no secret from the command line, and does not repeat it (row 112)", async () => {
		const { code, out, err } = await withoutTerminal(process.execPath, [
			main,
			"configure",
			"TWILIO_AUTH_TOKEN=hunter2",
		]);
		expect(code).toBe(2);
		expect(out + err).not.toContain("hunter2");
	});
});
