import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configureChannels } from "../server/channels/index.ts";
import { checkAccount, warnOfChannels } from "../server/check-channels.ts";
import { startResendEmulator } from "./helpers/resend-emulator.ts";
import { startSmtpEmulator } from "./helpers/smtp-emulator.ts";
import { startTelegramEmulator } from "./helpers/telegram-emulator.ts";
import { startTwilioEmulator } from "./helpers/twilio-emulator.ts";
import { twilioVariables } from "./helpers/twilio-wire.ts";
import { resendVariables } from "./rows/email.ts";
import { telegramVariables } from "./rows/telegram.ts";

/** Wrong credentials are what these are asked for: nothing of it goes to the vendors' judges. */
const unrecorded = { record: false };
const auth = { user: "claude@mail.example", pass: "s3cret" };
const secret = "wrong0wrong0wrong0wrong0wrong0wrong0";

async function openAll() {
	const [twilio, telegram, resend, smtp] = await Promise.all([
		startTwilioEmulator(unrecorded),
		startTelegramEmulator(unrecorded),
		startResendEmulator(unrecorded),
		startSmtpEmulator({ auth }),
	]);
	const accounts = {
		sms: twilioVariables(twilio),
		telegram: telegramVariables(telegram),
		email: resendVariables(resend),
		smtp: { SMTP_URL: smtp.url, SMTP_FROM: "Claude <notify@mail.example>" },
	};
	const emulators = [twilio, telegram, resend, smtp];
	return { accounts, twilio, resend, close: () => Promise.all(emulators.map((each) => each[Symbol.asyncDispose]())) };
}
let world: Awaited<ReturnType<typeof openAll>>;
beforeAll(async () => {
	world = await openAll();
});
afterAll(() => world.close());

function verdict(variables: Record<string, string>): Promise<string | undefined> {
	const { channels, problems } = configureChannels(variables);
	const [configured] = channels.values();
	if (configured === undefined) throw new Error(problems.join());
	return checkAccount(configured);
}

type Account = "sms" | "telegram" | "email" | "smtp";
const wrong: [Account, Record<string, string>, string][] = [
	["sms", { TWILIO_AUTH_TOKEN: secret }, "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: Twilio does not accept them"],
	["telegram", { TELEGRAM_BOT_TOKEN: `7:${secret}` }, "(TELEGRAM_BOT_TOKEN)"],
	["email", { RESEND_API_KEY: `re_${secret}` }, "RESEND_API_KEY: Resend does not accept it"],
];
const away: [Account, string, string][] = [
	["sms", "TWILIO_BASE_URL", "TWILIO_AUTH_TOKEN"],
	["telegram", "TELEGRAM_BASE_URL", "TELEGRAM_BOT_TOKEN"],
	["email", "RESEND_BASE_URL", "RESEND_API_KEY"],
];

describe("a provider that is asked about its account", () => {
	it.each(["sms", "telegram", "email", "smtp"] as const)(
		"has nothing to say when %s is right, and sends nothing",
		async (name) => {
			expect(await verdict(world.accounts[name])).toBeUndefined();
			expect(world.twilio.attempts).toEqual([]);
			expect(world.resend.attempts).toEqual([]);
		},
	);

	it.each(wrong)(
		"refuses wrong credentials of %s with the variable's name and without its value (rows 112, 113)",
		async (name, change, words) => {
			const said = await verdict({ ...world.accounts[name], ...change });
			expect(said).toContain(words);
			expect(said).not.toMatch(/wrong0|\.$/);
		},
	);

	it("refuses a wrong password of the mail server, and does not show it (rows 112, 113)", async () => {
		const url = world.accounts.smtp.SMTP_URL.replace("s3cret", secret);
		const said = await verdict({ ...world.accounts.smtp, SMTP_URL: url });
		expect(said).toContain("SMTP_URL");
		expect(said).not.toContain(secret);
	});

	it.each(away)("cannot be reached: %s says which variables are unchecked (row 113)", async (name, base, variable) => {
		const said = await verdict({ ...world.accounts[name], [base]: "http://127.0.0.1:9" });
		expect(said).toMatch(/could not be reached/);
		expect(said).toMatch(new RegExp(`so .*${variable}.* could not be checked$`));
	});

	it("cannot be reached: a mail server that is not there (row 113)", async () => {
		const said = await verdict({ SMTP_URL: "smtp://127.0.0.1:9", SMTP_FROM: "notify@mail.example" });
		expect(said).toMatch(/could not be reached.*SMTP_URL.*could not be checked/);
	});

	it("takes a key that may only send, but not where answers are to be read", async () => {
		await using sending = await startResendEmulator({ ...unrecorded, apiKeyAccess: "sending" });
		const { RESEND_INBOUND_DOMAIN: _, ...oneWay } = resendVariables(sending);
		expect(await verdict(oneWay)).toBeUndefined();
		expect(await verdict(resendVariables(sending))).toContain("RESEND_INBOUND_DOMAIN needs one with full access");
	});

	it("warns once for each channel that is not well, and of no other (row 113)", async () => {
		const { sms, telegram, email } = world.accounts;
		const lines: [object, string][] = [];
		const note = (fields: object, message: string) => void lines.push([fields, message]);
		const log = { debug: note, info: note, error: note, warn: note };
		const broken = { TWILIO_AUTH_TOKEN: secret, TELEGRAM_BASE_URL: "http://127.0.0.1:9" };
		await warnOfChannels(configureChannels({ ...sms, ...telegram, ...email, ...broken }).channels, log);
		expect(lines.map(([fields]) => fields)).toEqual(
			expect.arrayContaining([{ channel: "sms" }, { channel: "telegram" }]),
		);
		expect(lines).toHaveLength(2);
		for (const [, message] of lines) expect(message).toMatch(/_TOKEN.*\. The other channels work\.$/);
	});
});
