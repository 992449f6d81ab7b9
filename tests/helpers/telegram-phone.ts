import { type TestPhone, waitForText } from "./phone.ts";
import type { Person, SentMessage, TelegramEmulator } from "./telegram-emulator.ts";

/** Telegram on a person's phone, in the chat with the bot. */
export class TelegramPhone implements TestPhone {
	readonly setup = "telegram";
	readonly telegram: TelegramEmulator;
	readonly person: Person;

	constructor(telegram: TelegramEmulator) {
		this.telegram = telegram;
		this.person = telegram.person({ firstName: "Ann" });
	}

	/** Opens the link that the command printed. */
	async follow(said: string): Promise<void> {
		const token = /https:\/\/t\.me\/\w+\?start=([\w-]+)/.exec(said)?.[1];
		if (token === undefined) throw new Error(`no link to open in: ${said}`);
		await this.person.start(token);
	}

	texts(): string[] {
		return this.messages().map(({ text }) => text);
	}

	messages(): SentMessage[] {
		return this.telegram.sentTo(this.person.id);
	}

	waitFor(pattern: RegExp, timeoutMs?: number): Promise<string> {
		return waitForText(() => this.texts(), pattern, timeoutMs);
	}

	/** The newest message that fits. */
	async message(pattern: RegExp): Promise<SentMessage> {
		await this.waitFor(pattern);
		const found = this.messages().findLast(({ text }) => pattern.test(text));
		if (found === undefined) throw new Error(`the message ${pattern} is gone`);
		return found;
	}

	async reply(text: string): Promise<void> {
		await this.person.send(text);
	}
}
