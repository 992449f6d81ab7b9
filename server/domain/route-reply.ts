import type { Letters, ParsedReply } from "./parse-reply.ts";

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
	/** It answers something of which nobody knows whose it is: a message that is not noted yet, or another topic. */
	strays?: boolean | undefined;
	/** Id of the session that was the last to notify this address, in the last 30 minutes. */
	lastNotified?: string | undefined;
}

export type Route =
	/** `guessed`: the text named no session, and several were possible. */
	| { to: "session"; session: Addressee; guessed: boolean }
	| { to: "ended"; session: Addressee }
	| { to: "which"; choices: Addressee[] }
	| { to: "nobody" };

/** The letters that mean something in a reply of this context. */
export function lettersOf({ sessions, pointer }: ReplyContext): Letters {
	const written = (ended: boolean) =>
		sessions.filter((session) => session.ended === ended).map(({ handle }) => handle.toLowerCase());
	const pointed = sessions.find(({ id }) => id === pointer);
	return {
		live: written(false),
		ended: written(true),
		pointed: pointed && (pointed.ended ? "ended" : "live"),
	};
}

/**
 * Where a reply goes: pointer, handle, only live session, the one that notified last unless it answers something else, else the phone is asked.
 * A handle carries no authority: the sender was verified before.
 */
export function routeReply({ command }: Pick<ParsedReply, "command">, context: ReplyContext): Route {
	const { sessions, pointer, strays, lastNotified } = context;
	const named = "handle" in command ? command.handle : undefined;
	const meant = sessions.find(({ id }) => id === pointer) ?? (named && sessionOf(named, sessions));
	if (meant) return addressed(meant);
	const live = sessions.filter((session) => !session.ended);
	const last = sessions.find((session) => session.id === lastNotified);
	const only = live.length === 1 ? live[0] : undefined;
	if (only !== undefined) return addressed(only);
	if (live.length === 0) return last === undefined ? { to: "nobody" } : addressed(last);
	if (last !== undefined && !last.ended && strays !== true) return { to: "session", session: last, guessed: true };
	return { to: "which", choices: live };
}

function addressed(session: Addressee): Route {
	return session.ended ? { to: "ended", session } : { to: "session", session, guessed: false };
}

/** A live session wins over an ended one that had the same letter. */
export function sessionOf<Session extends Addressee>(
	handle: string,
	sessions: readonly Session[],
): Session | undefined {
	const owners = sessions.filter((session) => session.handle.toLowerCase() === handle);
	return owners.find((session) => !session.ended) ?? owners[0];
}
