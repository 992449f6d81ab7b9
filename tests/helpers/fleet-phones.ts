import { setTimeout as sleep } from "node:timers/promises";
import { type TestPhone, waitForText } from "./phone.ts";
import type { TelegramEmulator } from "./telegram-emulator.ts";
import { TelegramPhone } from "./telegram-phone.ts";
import type { TwilioEmulator } from "./twilio-emulator.ts";
import { hex } from "./twilio-wire.ts";

/** A provider offers a webhook again until somebody takes it, with the same id each time. */
async function untilTaken(offer: () => Promise<number>): Promise<void> {
	for (let left = 240; left > 0; left--) {
		const status = await offer().catch(() => 0);
		if (status >= 200 && status < 300) return;
		if (status >= 400 && status < 500 && status !== 429) throw new Error(`the webhook was refused with ${status}`);
		await sleep(250);
	}
	throw new Error("no server took the webhook within a minute");
}

/** A phone whose replies are signed webhooks that come again until a server took them; `reply` resolves then. */
export function smsFleetPhone(number: string, twilio: TwilioEmulator): TestPhone {
	const texts = () => twilio.sent.filter((sms) => sms.to === number).map((sms) => sms.body);
	return {
		setup: `sms ${number}`,
		texts,
		waitFor: (pattern, timeoutMs = 30_000) => waitForText(texts, pattern, timeoutMs),
		async reply(text) {
			const sid = `SM${hex(16)}`;
			await untilTaken(async () => (await twilio.reply(number, text, sid)).status);
		},
	};
}

/** The same by Telegram: the emulator makes the updates, and they go to the webhook of the servers' common address. */
export function telegramFleetPhone(telegram: TelegramEmulator, webhook: { url: URL; secret: string }): TestPhone {
	const phone = new TelegramPhone(telegram);
	const post = async (update: unknown) => {
		const response = await fetch(webhook.url, {
			method: "POST",
			headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": webhook.secret },
			body: JSON.stringify(update),
		});
		await response.arrayBuffer();
		return response.status;
	};
	/** What the person does becomes one update. */
	async function does(act: () => Promise<unknown>): Promise<void> {
		const before = telegram.updates.length;
		const acting = act();
		// Before anything is awaited: another session's reply may come in between.
		const made = telegram.updates.slice(before);
		await acting;
		for (const update of made) await untilTaken(() => post(update));
	}
	return {
		setup: phone.setup,
		texts: () => phone.texts(),
		follow: (said) => does(() => phone.follow(said)),
		waitFor: (pattern, timeoutMs = 30_000) => phone.waitFor(pattern, timeoutMs),
		reply: (text) => does(() => phone.person.send(text)),
	};
}
