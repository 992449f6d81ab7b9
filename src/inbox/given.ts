import type { DeliveryWay, InboxMessage } from "../contract/inbox.ts";
import type { SessionFile } from "../state/session-files.ts";
import type { GivenReplies } from "./ledger.ts";
import { readTranscript, type TranscriptRefs } from "./transcript.ts";

/** Claude Code writes a conversation down within a second; what was given longer before a kill stands there. */
const recentMs = 60_000;

/** The ways that nothing but our own answer to a hook or a tool call goes by. */
const besides: readonly DeliveryWay[] = ["prompt", "rewake", "tool"];

type Recent = NonNullable<SessionFile["recent"]>;

export interface GivenOptions {
	file: () => Pick<SessionFile, "given" | "owed" | "recent" | "transcript">;
	save: (change: Pick<SessionFile, "given" | "owed" | "recent">) => void;
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
		const { given, recent = [], owed = [] } = file();
		const kept = recent.filter((reply) => at.getTime() - new Date(reply.at).getTime() < recentMs);
		kept.push({ at: at.toISOString(), ref, ...(message === undefined ? {} : { message }) });
		save({ given: [...given, { ref, via }], recent: kept, owed: owed.filter((reply) => reply.ref !== ref) });
	}

	met(message: InboxMessage): void {
		const { given, recent = [] } = this.#options.file();
		if (!recent.some((reply) => reply.ref === message.ref && reply.message === undefined)) return;
		this.#options.save({
			given,
			recent: recent.map((reply) => (reply.ref === message.ref ? { ...reply, message } : reply)),
		});
	}

	/** Whether the conversation may still have to be written down for something. */
	gaveSince(moment: Date): boolean {
		return this.#options.file().recent?.some(({ at }) => new Date(at) >= moment) === true;
	}

	/** Whether the conversation holds what was given beside a prompt or a tool; true where nobody can say. */
	isWritten(): boolean {
		const { given, recent = [], transcript } = this.#options.file();
		const beside = new Set(given.flatMap(({ ref, via }) => (besides.includes(via) ? [ref] : [])));
		const open = recent.filter((reply) => reply.transcript === undefined && beside.has(reply.ref));
		const shown = open.length === 0 ? undefined : readTranscript(transcript)?.shown;
		return shown === undefined || open.every(({ ref }) => shown.has(ref));
	}

	/** Looks into the conversation for what was shown while no companion was there. */
	look(): void {
		this.#shown = readTranscript(this.#options.file().transcript)?.shown;
	}

	/** After a kill: what was given last before that moment and does not stand in the conversation. It counts as not given from here on. */
	afterKill(moment: Date): InboxMessage[] {
		this.look();
		this.#takeBack(({ at }) => new Date(at) <= moment);
		const { given, owed = [] } = this.#options.file();
		const had = owed.filter(({ ref }) => this.#shown?.has(ref) === true);
		if (had.length === 0) return owed;
		const open = owed.filter((reply) => !had.includes(reply));
		this.#options.save({ given: [...given, ...had.map(({ ref }) => ({ ref, via: "socket" as const }))], owed: open });
		return open;
	}

	/**
	 * The same in a session that lives on, for what was given before that moment beside a prompt or a tool, where the client may not have
	 * waited for our answer, and for what was given to a conversation that /clear has ended.
	 */
	missedBefore(moment: Date): InboxMessage[] {
		const beside = new Set(this.#options.file().given.flatMap(({ ref, via }) => (besides.includes(via) ? [ref] : [])));
		return this.#takeBack(
			({ at, ref, transcript }) => new Date(at) < moment && (transcript !== undefined || beside.has(ref)),
		);
	}

	/**
	 * What is judged and stands in no conversation is owed from here on, also by the companion after this one. So is what stands in one
	 * that /clear has ended before the model was asked.
	 */
	#takeBack(isJudged: (reply: Recent[number]) => boolean): InboxMessage[] {
		const { given, recent = [], owed = [], transcript } = this.#options.file();
		const read = new Map<string | undefined, TranscriptRefs | undefined>();
		const refsOf = (path: string | undefined) => {
			if (!read.has(path)) read.set(path, readTranscript(path));
			return read.get(path);
		};
		const judged = recent.filter((reply) => isJudged(reply) && refsOf(reply.transcript ?? transcript) !== undefined);
		if (judged.length === 0) return [];
		const lost = judged.filter(({ ref, transcript: ended }) =>
			ended === undefined ? refsOf(transcript)?.shown.has(ref) === false : refsOf(ended)?.asked.has(ref) === false,
		);
		const refs = new Set(lost.map(({ ref }) => ref));
		// The server was not told of one whose message never came: it offers that again.
		const messages = lost.flatMap(({ message }) => message ?? []);
		// A /clear may still take away what the model was not asked with.
		const isSettled = ({ ref, transcript: ended }: Recent[number]) =>
			refs.has(ref) || ended !== undefined || refsOf(transcript)?.asked.has(ref) === true;
		this.#options.save({
			given: given.filter(({ ref }) => !refs.has(ref)),
			recent: recent.filter((reply) => !judged.includes(reply) || !isSettled(reply)),
			owed: [...owed, ...messages],
		});
		this.#shown = this.#shown && new Set([...this.#shown].filter((ref) => !refs.has(ref)));
		return messages;
	}
}
