/** A session that a reply could be for. */
export interface Addressee {
	id: string;
	handle: string;
	description: string;
	ended: boolean;
}

export interface ReplyContext {
	/** The user's live sessions, and those that ended less than 24 h ago and keep their letter until then. */
	sessions: readonly Addressee[];
	/** Id of the session that the provider's own pointer names. */
	pointer?: string | undefined;
	/** Id of the session that was the last to notify this address, in the last 30 minutes. */
	lastNotified?: string | undefined;
}

export type Route =
	/** `guessed`: the text named no session, and several were possible. */
	| { to: "session"; session: Addressee; text: string; guessed: boolean }
	| { to: "ended"; session: Addressee }
	| { to: "which"; choices: Addressee[] }
	| { to: "nobody" };

/**
 * Where a reply goes: pointer, handle, only live session, the one that notified last, else the phone is asked.
 * A handle carries no authority: the sender was verified before.
 */
export function routeReply(text: string, { sessions, pointer, lastNotified }: ReplyContext): Route {
	const live = sessions.filter((session) => !session.ended);
	const last = sessions.find((session) => session.id === lastNotified);
	const pointed = sessions.find((session) => session.id === pointer);
	if (pointed !== undefined) return addressed(pointed, text);
	const named = readHandle(text);
	const owner = named && sessionOf(named.handle, sessions);
	if (owner !== undefined) return addressed(owner, named?.rest ?? "");
	if (text === "?") return live.length === 0 ? { to: "nobody" } : { to: "which", choices: live };
	const only = live.length === 1 ? live[0] : undefined;
	if (only !== undefined) return { to: "session", session: only, text, guessed: false };
	if (live.length === 0) return last === undefined ? { to: "nobody" } : addressed(last, text);
	if (last !== undefined && !last.ended) return { to: "session", session: last, text, guessed: true };
	return { to: "which", choices: live };
}

function addressed(session: Addressee, text: string): Route {
	return session.ended ? { to: "ended", session } : { to: "session", session, text, guessed: false };
}

/** A live session wins over an ended one that had the same letter. */
function sessionOf(handle: string, sessions: readonly Addressee[]): Addressee | undefined {
	const owners = sessions.filter((session) => session.handle.toLowerCase() === handle);
	return owners.find((session) => !session.ended) ?? owners[0];
}

/** `b text`, `b: text`, `B:text`, `@b text`, `(b) text` and `b` alone. Whether the letter means a session is for the caller to say. */
const opening = /^(?:\(@?([a-z]{1,2})\):?\s*|@?([a-z]{1,2})(?::\s*|\s+|$))/i;

function readHandle(text: string): { handle: string; rest: string } | undefined {
	const found = opening.exec(text);
	const handle = found?.[1] ?? found?.[2];
	if (found === null || handle === undefined) return undefined;
	return { handle: handle.toLowerCase(), rest: text.slice(found[0].length) };
}
