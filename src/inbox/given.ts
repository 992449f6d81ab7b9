import type { DeliveryWay, InboxMessage } from "../contract/inbox.ts";
import type { SessionFile } from "../state/session-files.ts";
import type { GivenReplies } from "./ledger.ts";
import { refsInTranscript } from "./transcript.ts";

/** Claude Code writes a conversation down within a second; what was given longer before a kill stands there. */
const recentMs = 60_000;

export interface GivenOptions {
	file: () => Pick<SessionFile, "given" | "recent" | "transcript">;
	save: (change: Required<Pick<SessionFile, "given" | "recent">>) => void;
	now: () => Date;
	onGiven: (via: DeliveryWay) => void;
}

/** Which replies a session has had, kept in its file. After a kill the conversation itself has the last word. */
export class GivenInFile implements GivenReplies {
	readonly #options: GivenOptions;
	#shown: ReadonlySet<string> | undefined;

	constructor(options: GivenOptions) {
		this.#options = options;
	}

	via(ref: string): DeliveryWay | undefined {
		const noted = this.#options.file().given.find((reply) => reply.ref === ref)?.via;
		// Shown after the companion had died: nobody could note it.
		return noted ?? (this.#shown?.has(ref) === true ? "socket" : undefined);
	}

	add(ref: string, via: DeliveryWay, message?: InboxMessage): void {
		const { file, save, now, onGiven } = this.#options;
		onGiven(via);
		const at = now();
		const { given, recent = [] } = file();
		const kept = recent.filter((reply) => at.getTime() - new Date(reply.at).getTime() < recentMs);
		if (message !== undefined) kept.push({ at: at.toISOString(), message });
		save({ given: [...given, { ref, via }], recent: kept });
	}

	/** After a kill, once: what was given last and does not stand in the conversation. It counts as not given from here on. */
	takeBack(): InboxMessage[] {
		const { file, save } = this.#options;
		const { given, recent = [], transcript } = file();
		this.#shown = refsInTranscript(transcript);
		if (this.#shown === undefined) return [];
		const lost = recent.flatMap(({ message }) => (this.#shown?.has(message.ref) === true ? [] : [message]));
		const refs = new Set(lost.map(({ ref }) => ref));
		if (recent.length > 0) save({ given: given.filter(({ ref }) => !refs.has(ref)), recent: [] });
		return lost;
	}
}
