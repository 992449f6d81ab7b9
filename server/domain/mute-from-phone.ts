import type { Db } from "../db/client.ts";
import { clockWords } from "./clock-words.ts";
import { type Muted, muteAll, muteSession } from "./mute.ts";
import type { MuteWish } from "./mute-words.ts";
import type { Notice } from "./notice.ts";
import type { Addressee } from "./route-reply.ts";

export interface Wisher {
	userId: string;
	/** As the letters go. */
	sessions: readonly Addressee[];
	/** The session whose message was answered: without a letter it is the one to be quiet. */
	pointer: string | undefined;
}

/** Does what was written on the phone, and says what is so now. A letter of the wish is one of the sessions'. */
export async function muteFromPhone(tx: Pick<Db, "execute">, wisher: Wisher, wish: MuteWish): Promise<Notice> {
	const { userId } = wisher;
	const about = sessionMeant(wisher, wish);
	if (about?.ended === true) {
		return { kind: "session_ended", handle: about.handle, description: about.description };
	}
	const seconds = wish.seconds ?? 0;
	if (about === undefined) return saying(await muteAll(tx, userId, seconds), undefined);
	const muted = await muteSession(tx, userId, { sessionId: about.id, seconds });
	return saying(muted, { handle: about.handle, description: about.description });
}

/** Whoever writes "unmute" alone wants to hear of everything again. */
function sessionMeant({ sessions, pointer }: Wisher, { handle, seconds }: MuteWish): Addressee | undefined {
	if (handle === undefined) return seconds === undefined ? undefined : sessions.find(({ id }) => id === pointer);
	const owners = sessions.filter((session) => session.handle === handle);
	return owners.find((session) => !session.ended) ?? owners[0];
}

function saying(
	{ until, allUntil, ...reader }: Muted,
	session: { handle: string; description: string } | undefined,
): Notice {
	if (until !== undefined) return { kind: "muted", until: clockWords(until, reader), session };
	return { kind: "unmuted", until: allUntil && clockWords(allUntil, reader), session };
}
