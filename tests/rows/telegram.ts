import { startTelegramEmulator, type TelegramEmulator } from "../helpers/telegram-emulator.ts";
import { httpFaults } from "./http-faults.ts";
import { allFaults, connected, type ProviderRow } from "./row.ts";

export function telegramVariables({ token, baseUrl }: TelegramEmulator): Record<string, string> {
	return { TELEGRAM_BOT_TOKEN: token, TELEGRAM_BASE_URL: baseUrl };
}

export const telegramByBot: ProviderRow = {
	name: "Telegram",
	faults: allFaults,
	async open() {
		const telegram = await startTelegramEmulator();
		const ann = telegram.person();
		await ann.start();
		const nobody = "-1009999999999";
		return {
			channel: connected("telegram", telegramVariables(telegram)),
			address: String(ann.id),
			wrongAddress: nobody,
			arrived: () => telegram.sent.map(({ text }) => text),
			fail: (fault) => telegram.next(httpFaults[fault]),
			busy: (seconds) => telegram.flood(seconds),
			secrets: [telegram.token, String(ann.id), nobody],
			violations: telegram.violations,
			goAway: () => telegram[Symbol.asyncDispose](),
			[Symbol.asyncDispose]: () => telegram[Symbol.asyncDispose](),
		};
	},
};
