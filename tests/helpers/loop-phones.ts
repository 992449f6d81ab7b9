import { MailPhone } from "./mail-phone.ts";
import { type TestPhone, twilioPhone } from "./phone.ts";
import { startResendEmulator } from "./resend-emulator.ts";
import { startTelegramEmulator } from "./telegram-emulator.ts";
import { TelegramPhone } from "./telegram-phone.ts";
import { startTwilioEmulator, type TwilioEmulator } from "./twilio-emulator.ts";
import { twilioVariables } from "./twilio-wire.ts";

/** A person's phone behind a provider's emulator, and what a server needs to send to it. */
export interface LoopPhone<Phone extends TestPhone = TestPhone> extends AsyncDisposable {
	phone: Phone;
	/** The account in the server's environment. */
	variables: Record<string, string>;
	/** Where the provider calls, once the server listens. */
	serverAt(url: URL): void;
	/** What the product got wrong in the provider's protocol. */
	violations: readonly string[];
}

export async function smsPhone(): Promise<LoopPhone & { twilio: TwilioEmulator }> {
	const twilio = await startTwilioEmulator();
	return {
		twilio,
		phone: twilioPhone("+12025550123", twilio),
		variables: twilioVariables(twilio),
		serverAt(url) {
			twilio.inboundUrl = new URL("/webhooks/twilio/message", url).href;
		},
		violations: twilio.violations,
		[Symbol.asyncDispose]: () => twilio[Symbol.asyncDispose](),
	};
}

/** Telegram calls no http address: the server asks for the updates. */
export async function telegramPhone(options: { topics?: boolean } = {}): Promise<LoopPhone<TelegramPhone>> {
	const telegram = await startTelegramEmulator({ topicsInPrivateChats: options.topics === true });
	return {
		phone: new TelegramPhone(telegram),
		variables: { TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_BASE_URL: telegram.baseUrl },
		serverAt: () => undefined,
		violations: telegram.violations,
		[Symbol.asyncDispose]: () => telegram[Symbol.asyncDispose](),
	};
}

export async function mailPhone(): Promise<LoopPhone<MailPhone>> {
	const resend = await startResendEmulator();
	return {
		phone: new MailPhone(resend, "ann@gmail.com"),
		variables: {
			RESEND_API_KEY: resend.apiKey,
			RESEND_FROM: resend.from,
			RESEND_WEBHOOK_SECRET: resend.webhookSecret,
			RESEND_INBOUND_DOMAIN: resend.inboundDomain,
			RESEND_BASE_URL: resend.baseUrl,
		},
		serverAt(url) {
			resend.webhookUrl = new URL("/webhooks/resend", url).href;
		},
		violations: resend.violations,
		[Symbol.asyncDispose]: () => resend[Symbol.asyncDispose](),
	};
}
