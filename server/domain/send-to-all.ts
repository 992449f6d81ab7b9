import type { Db } from "../db/client.ts";
import type { Deps } from "./deps.ts";
import { holdReply, takeHeldReply } from "./held-reply.ts";
import { passOn } from "./pass-on.ts";
import { answered, type Effect, refused } from "./reply-effect.ts";
import type { Addressee } from "./route-reply.ts";
import type { Sender } from "./store-reply.ts";

type Tx = Pick<Db, "delete" | "execute" | "insert" | "update">;

const choiceOf = ({ handle, description }: Addressee) => ({ handle, description });

/** Keeps the text and asks: what goes to every session is confirmed first. */
export async function askForAll(
	tx: Tx,
	sender: Sender,
	{ text, sessions }: { text: string; sessions: readonly Addressee[] },
): Promise<Effect> {
	const live = sessions.filter(({ ended }) => !ended);
	if (live.length === 0) return answered({ kind: "no_session" });
	if (text === "") return refused("Write your text after it: all: stop and commit");
	await holdReply(tx, sender, text);
	return answered({ kind: "confirm_all", choices: live.map(choiceOf) });
}

/** Passes the text that waits on to each live session, once. */
export async function sendToAll(
	tx: Tx,
	deps: Deps,
	{ sender, sessions }: { sender: Sender; sessions: readonly Addressee[] },
): Promise<Effect> {
	const live = sessions.filter(({ ended }) => !ended);
	if (live.length === 0) return answered({ kind: "no_session" });
	const text = await takeHeldReply(tx, sender);
	if (text === undefined) return refused("No text waits to be sent to all. Write it first: all: stop and commit");
	const taken: Addressee[] = [];
	for (const session of live) {
		const result = await passOn(tx, deps, { sender, sessionId: session.id, text });
		if ("stored" in result) taken.push(session);
	}
	if (taken.length === 0) return refused("Each of these messages has had its 10 replies. Wait for the next ones.");
	return { ...answered({ kind: "sent_to_all", sessions: taken.map(choiceOf) }), wakes: taken.map(({ id }) => id) };
}
