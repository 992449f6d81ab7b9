import type { Notice } from "./notice.ts";

/** What became of one message from a person. Only the log sees it: the provider is told nothing but "taken". */
export type InboundOutcome =
	/** `foreign`: somebody whom we know, but the message had to point at something of theirs and does not. Nothing is kept of it. */
	| { outcome: "stranger" | "foreign" | "duplicate" | "empty" | "opted_out" | "opted_in" | "carrier" | "help" }
	| { outcome: "answered"; notice: Notice["kind"] }
	| { outcome: "refused" }
	| { outcome: "stored"; sessionId: string; id: string; ref: string };

/** What a message did, still inside its transaction. */
export interface Effect {
	result: InboundOutcome;
	notice?: Notice | undefined;
	/** The session that the notice is about, when it is one to go on talking to. */
	about?: string | undefined;
	/** Sessions whose inbox has something new, beside that of a stored reply. */
	wakes?: readonly string[];
}

export function answered(notice: Notice, about?: string): Effect {
	return { result: { outcome: "answered", notice: notice.kind }, notice, about };
}

export function refused(reason: string): Effect {
	return { result: { outcome: "refused" }, notice: { kind: "refused", reason } };
}
