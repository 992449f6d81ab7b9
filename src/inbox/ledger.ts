import type { DeliveryWay, InboxMessage } from "../contract/inbox.ts";
import { bareText, injectedText, isFromChannel, refsIn } from "./texts.ts";
import type { LineWay } from "./ways.ts";

/** The replies that the session has had, kept on disk: they must not come again after a crash. */
export interface GivenReplies {
	via(ref: string): DeliveryWay | undefined;
	/** The message is absent where only its ref is known. */
	add(ref: string, via: DeliveryWay, message?: InboxMessage): void;
}

interface Held {
	message: InboxMessage;
	/** A way's name: put in line for the session by it, and expected to show up in a prompt. `waiting`: goes along with the next prompt or tool call. */
	place: LineWay | "waiting";
}

function byAge([, a]: [string, Held], [, b]: [string, Held]): number {
	return a.message.created_at < b.message.created_at ? -1 : Number(a.message.created_at > b.message.created_at);
}

/** Which replies are on their way into the session, oldest first. Whoever proves first that the session has one wins, and it never goes in twice. */
export class ReplyLedger {
	readonly #given: GivenReplies;
	#held = new Map<string, Held>();
	/** Texts that were put in line: a copy that comes up after the reply was given in another way is to be stopped. */
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
		const isNew = !this.#held.has(message.ref);
		this.#held.set(message.ref, { message, place });
		// One that the session turned out not to have is older than what came meanwhile.
		if (isNew) this.#held = new Map([...this.#held].sort(byAge));
		if (place !== "waiting") this.#injected.set(message.ref, injectedText(message).trim());
	}

	placeOf(ref: string): Held["place"] | undefined {
		return this.#held.get(ref)?.place;
	}

	inLine(): InboxMessage[] {
		return [...this.#held.values()].flatMap(({ message, place }) => (place === "waiting" ? [] : [message]));
	}

	waiting(): InboxMessage[] {
		return [...this.#held.values()].flatMap(({ message, place }) => (place === "waiting" ? [message] : []));
	}

	/** The prompt shows these replies: the session has them now. */
	prove(prompt: string): InboxMessage[] {
		const via = isFromChannel(prompt) ? "channel" : "socket";
		return refsIn(prompt).flatMap((ref) => {
			const message = this.#held.get(ref)?.message;
			if (message !== undefined) this.#give(message, via);
			// Put in line by an earlier companion of this client: should the server offer it again, it is known.
			else if (this.#given.via(ref) === undefined) this.#given.add(ref, via);
			return message ?? [];
		});
	}

	/** The prompt is nothing but the copy of a reply that the session has had in another way. */
	isCopy(prompt: string): boolean {
		const text = bareText(prompt);
		return refsIn(text).some((ref) => this.#given.via(ref) !== undefined && this.#injected.get(ref) === text);
	}

	/** Gives out what waits, oldest first; with `tool` also what stands in line. Never a reply before an older one that stands in line. */
	take(via: "prompt" | "rewake" | "tool", most: number): InboxMessage[] {
		const held = [...this.#held.values()];
		const firstInLine = via === "tool" ? -1 : held.findIndex(({ place }) => place !== "waiting");
		const taken = held.slice(0, firstInLine < 0 ? most : Math.min(most, firstInLine)).map(({ message }) => message);
		for (const message of taken) this.#give(message, via);
		return taken;
	}

	get size(): number {
		return this.#held.size;
	}

	#give(message: InboxMessage, via: DeliveryWay): void {
		this.#given.add(message.ref, via, message);
		this.#held.delete(message.ref);
	}
}
