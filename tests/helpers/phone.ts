import type { SimulatorPhone } from "../../server/simulator-phone.ts";
import type { ChannelName } from "../../src/contract/channels.ts";
import type { TwilioEmulator } from "./twilio-emulator.ts";
import { until } from "./until.ts";

/** A person's phone in a test: what came to it, and what its owner answers. */
export interface TestPhone {
	/** What its owner types after /notify-setup. */
	readonly setup: string;
	/** Does on the phone what the setup's answer says, where it says something. */
	follow?(said: string): Promise<void>;
	/** Texts that arrived, oldest first. */
	texts(): string[];
	/** The first text, past or to come, that fits. */
	waitFor(pattern: RegExp, timeoutMs?: number): Promise<string>;
	reply(text: string): Promise<void>;
}

/** Made anew after a restart of the server, whose simulated phone is empty again: so it is asked for each time. */
export function simulatedPhone(number: string, url: URL, screen: () => SimulatorPhone): TestPhone {
	const channel: ChannelName = "sms";
	const texts = () =>
		screen()
			.messages.filter((message) => message.direction === "to_phone" && message.address === number)
			.map((message) => message.text);
	return {
		setup: `sms ${number}`,
		texts,
		waitFor: (pattern, timeoutMs) => waitForText(texts, pattern, timeoutMs),
		async reply(text) {
			const answer = await fetch(new URL("/dev/phone/send", url), {
				method: "POST",
				headers: { origin: url.origin },
				body: new URLSearchParams({ channel, address: number, text }),
				redirect: "manual",
			});
			if (answer.status >= 400) throw new Error(`the simulator answered ${answer.status}: ${await answer.text()}`);
		},
	};
}

export function twilioPhone(number: string, emulator: TwilioEmulator): TestPhone {
	const texts = () => emulator.sent.filter((sms) => sms.to === number).map((sms) => sms.body);
	return {
		setup: `sms ${number}`,
		texts,
		waitFor: (pattern, timeoutMs) => waitForText(texts, pattern, timeoutMs),
		async reply(text) {
			const answer = await emulator.reply(number, text);
			if (answer.status !== 200) throw new Error(`the webhook answered ${answer.status}: ${answer.text}`);
		},
	};
}

/** The first text, past or to come, that fits. */
export function waitForText(texts: () => string[], pattern: RegExp, timeoutMs = 10_000): Promise<string> {
	return until(
		() => texts().find((text) => pattern.test(text)),
		timeoutMs,
		() => `no text like ${pattern} came; there were:\n${texts().join("\n---\n")}`,
	);
}
