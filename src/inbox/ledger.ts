import type { DeliveryWay, InboxMessage } from "../contract/inbox.ts";
import { injectedText, refsIn } from "./texts.ts";

/** The replies that the session has had, kept on disk: they must not come again after a crash. */
export interface GivenReplies {
	via(ref: string): DeliveryWay | undefined;
	add(ref: string, via: DeliveryWay): void;
}

interface Held {
	message: InboxMessage;
	/** `socket`: put in line for the session, and expected to show up in a prompt. `waiting`: goes along with the next prompt or tool call. */
	place: "socket" | "waiting";
}

/** Which replies are on their way into the session. Whoever proves first that the session has one wins, and it never goes in twice. */
export class ReplyLedger {
	readonly #given: GivenReplies;
	readonly #held = new Map<string, Held>();
	/** Texts that went to the socket: a copy that comes up after the reply was given in another way is to be stopped. */
	readonly #injected = new Map<string, string>();

	constructor(given: GivenReplies) {
		this.#given = given;
	}

	/** `new`: to be brought into the session. `held`: known, not given yet. Else how it was given. */
	known(message: InboxMessage): "new" | "held" | DeliveryWay {
		return this.#given.via(message.ref) ?? (this.#held.has(message.ref) ? "held" : "new");
	}

	hold(message: InboxMessage, place: Held["place"]): void {
		if (this.#given.via(message.ref) !== undefined) return;
		this.#held.set(message.ref, { message, place });
		if (place === "socket") this.#injected.set(message.ref, injectedText(message).trim());
	}

	placeOf(ref: string): Held["place"] | undefined {
		return this.#held.get(ref)?.place;
	}

	inSocket(): InboxMessage[] {
		return this.#at("socket");
	}

	/** The prompt shows these replies: the session has them now. */
	prove(prompt: string): InboxMessage[] {
		return refsIn(prompt).flatMap((ref) => {
			const message = this.#held.get(ref)?.message;
			if (message !== undefined) this.#give(message, "socket");
			// Put in line by an earlier companion of this client: should the server offer it again, it is known.
			else if (this.#given.via(ref) === undefined) this.#given.add(ref, "socket");
			return message ?? [];
		});
	}

	/** The prompt is nothing but the copy of a reply that the session has had in another way. */
	isCopy(prompt: string): boolean {
		const text = prompt.trim();
		return refsIn(text).some((ref) => this.#given.via(ref) !== undefined && this.#injected.get(ref) === text);
	}

	/** Gives out what waits; with `all` also what stands in line at the socket. Oldest first. */
	take(via: "prompt" | "tool", most: number): InboxMessage[] {
		const found = via === "tool" ? [...this.#held.values()].map(({ message }) => message) : this.#at("waiting");
		const taken = found.slice(0, most);
		for (const message of taken) this.#give(message, via);
		return taken;
	}

	get size(): number {
		return this.#held.size;
	}

	#give(message: InboxMessage, via: DeliveryWay): void {
		this.#given.add(message.ref, via);
		this.#held.delete(message.ref);
	}

	#at(place: Held["place"]): InboxMessage[] {
		return [...this.#held.values()].flatMap((held) => (held.place === place ? [held.message] : []));
	}
}
