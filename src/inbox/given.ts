import type { DeliveryWay, InboxMessage } from "../contract/inbox.ts";
import type { SessionFile } from "../state/session-files.ts";
import type { GivenReplies } from "./ledger.ts";
import { refsInTranscript } from "./transcript.ts";

/** Claude Code writes a conversation down within a second; what was given longer before a kill stands there. */
const recentMs = 60_000;

/** The ways that nothing but our own answer to a hook or a tool call goes by. */
const besides: readonly DeliveryWay[] = ["prompt", "rewake", "tool"];

type Recent = NonNullable<SessionFile["recent"]>;

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
		kept.push({ at: at.toISOString(), ref, ...(message === undefined ? {} : { message }) });
		save({ given: [...given, { ref, via }], recent: kept });
	}

	met(message: InboxMessage): void {
		const { given, recent = [] } = this.#options.file();
		if (!recent.some((reply) => reply.ref === message.ref && reply.message === undefined)) return;
		this.#options.save({
			given,
			recent: recent.map((reply) => (reply.ref === message.ref ? { ...reply, message } : reply)),
		});
	}

	/** Looks into the conversation for what was shown while no companion was there. */
	look(): void {
		this.#shown = refsInTranscript(this.#options.file().transcript);
	}

	/** After a kill: what was given last before that moment and does not stand in the conversation. It counts as not given from here on. */
	afterKill(moment: Date): InboxMessage[] {
		this.look();
		const { recent = [] } = this.#options.file();
		return this.#takeBack(
			recent.filter(({ at }) => new Date(at) <= moment),
			this.#shown,
		);
	}

	/** The same in a session that lives on, for what was given beside a prompt or a tool before that moment: the client may not have waited for our answer. */
	missedBefore(moment: Date): InboxMessage[] {
		const { given, recent = [], transcript } = this.#options.file();
		const beside = new Set(given.flatMap(({ ref, via }) => (besides.includes(via) ? [ref] : [])));
		const judged = recent.filter(({ at, ref }) => new Date(at) < moment && beside.has(ref));
		return judged.length === 0 ? [] : this.#takeBack(judged, refsInTranscript(transcript));
	}

	#takeBack(judged: Recent, shown: ReadonlySet<string> | undefined): InboxMessage[] {
		if (shown === undefined || judged.length === 0) return [];
		const { given, recent = [] } = this.#options.file();
		const lost = judged.filter(({ ref }) => !shown.has(ref));
		const refs = new Set(lost.map(({ ref }) => ref));
		this.#options.save({
			given: given.filter(({ ref }) => !refs.has(ref)),
			recent: recent.filter((reply) => !judged.includes(reply)),
		});
		// The server was not told of one whose message never came: it offers that again.
		return lost.flatMap(({ message }) => message ?? []);
	}
}
