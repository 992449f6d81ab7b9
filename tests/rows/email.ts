import { type ResendEmulator, type ResendEmulatorOptions, startResendEmulator } from "../helpers/resend-emulator.ts";
import { startSmtpEmulator } from "../helpers/smtp-emulator.ts";
import { httpFaults } from "./http-faults.ts";
import { allFaults, connected, type ProviderRow } from "./row.ts";

export function resendVariables(resend: ResendEmulator): Record<string, string> {
	return {
		RESEND_API_KEY: resend.apiKey,
		RESEND_FROM: resend.from,
		RESEND_WEBHOOK_SECRET: resend.webhookSecret,
		RESEND_INBOUND_DOMAIN: resend.inboundDomain,
		RESEND_BASE_URL: resend.baseUrl,
	};
}

/** Takes any number of requests a second: what a suite has to say about that limit it says by itself. */
export const openResend = (options: ResendEmulatorOptions = {}) =>
	startResendEmulator({ rateLimit: false, ...options });

export const emailByResend: ProviderRow = {
	name: "E-mail by Resend",
	faults: allFaults,
	async open() {
		const resend = await openResend();
		const [address, wrongAddress] = ["delivered+ann@resend.dev", "ann.example@test.com"];
		return {
			channel: connected("email", resendVariables(resend)),
			address,
			wrongAddress,
			arrived: () => resend.sent.map(({ text }) => text ?? ""),
			fail: (fault) => resend.next(httpFaults[fault]),
			busy: (seconds) =>
				resend.next({
					kind: "answer",
					status: 429,
					name: "rate_limit_exceeded",
					headers: { "retry-after": String(seconds) },
				}),
			secrets: [resend.apiKey, resend.webhookSecret, address, wrongAddress],
			violations: resend.violations,
			goAway: () => resend[Symbol.asyncDispose](),
			[Symbol.asyncDispose]: () => resend[Symbol.asyncDispose](),
		};
	},
};

const smtpFaults = {
	hang: { kind: "hang", at: "greeting" },
	reset: { kind: "drop", at: "recipient" },
	lost_answer: { kind: "lost_answer", at: "data" },
} as const;

export const emailBySmtp: ProviderRow = {
	name: "E-mail by SMTP",
	faults: ["hang", "reset", "lost_answer"],
	async open() {
		const auth = { user: "claude@mail.example", pass: "s3cret:p%ss/word" };
		const smtp = await startSmtpEmulator({ auth });
		const [address, wrongAddress] = ["ann@gmail.com", "550+ann@gmail.com"];
		return {
			channel: connected("email", { SMTP_URL: smtp.url, SMTP_FROM: "Claude <notify@mail.example>" }),
			address,
			wrongAddress,
			// A mail's text ends in a line break.
			arrived: () => smtp.mails.map(({ text }) => (text ?? "").replace(/\n$/, "")),
			fail: (fault) => {
				if (fault !== "hang" && fault !== "reset" && fault !== "lost_answer") throw new Error(`SMTP knows no ${fault}`);
				smtp.next(smtpFaults[fault]);
			},
			busy: undefined,
			secrets: [auth.user, auth.pass, encodeURIComponent(auth.pass), address, wrongAddress],
			violations: smtp.violations,
			goAway: () => smtp[Symbol.asyncDispose](),
			[Symbol.asyncDispose]: () => smtp[Symbol.asyncDispose](),
		};
	},
};
