import type { ChannelName } from "../src/contract/channels.ts";

/** One bubble on the simulated phone. `address` is the phone's own number or address, in full: it never leaves the developer's machine. */
export interface PhoneMessage {
	seq: number;
	direction: "to_phone" | "from_phone";
	channel: ChannelName;
	address: string;
	text: string;
	/** Buttons under it, and what makes them answers to its session. */
	actions?: readonly { label: string; reply: string }[];
	replyToken?: string | undefined;
	at: string;
}

const kept = 500;

/** The screen of the phone simulator: what channels without credentials "sent", and what was answered. In memory, newest `kept`. */
export class SimulatorPhone {
	readonly messages: PhoneMessage[] = [];
	readonly #listeners = new Set<(message: PhoneMessage) => void>();
	#seq = 0;

	show(message: Omit<PhoneMessage, "seq" | "at">): PhoneMessage {
		this.#seq += 1;
		const shown = { ...message, seq: this.#seq, at: new Date().toISOString() };
		this.messages.push(shown);
		if (this.messages.length > kept) this.messages.shift();
		for (const listener of this.#listeners) listener(shown);
		return shown;
	}

	/** Calls `listener` for each new message until the returned function is called. */
	subscribe(listener: (message: PhoneMessage) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}
}
