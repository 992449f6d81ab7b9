import { and, desc, eq, isNotNull } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { deliveries, threads } from "../db/schema.ts";
import type { Pointer } from "../inbound/inbound.ts";
import type { Deps } from "./deps.ts";
import { candidatesOf } from "./reply-context.ts";
import { replyToken } from "./reply-token.ts";
import { sameSecret } from "./secrets.ts";
import type { Sender } from "./store-reply.ts";

export interface Pointed {
	sessionId: string;
	/** Only a token proves by itself that the message answers one of ours. */
	by: "token" | "message" | "thread";
	/** The event whose message was answered; undefined for a notice, and where only the session is known. */
	eventId?: string | undefined;
}

type Tx = Pick<Db, "execute" | "select">;

/** The session that an answer points at, among those of its sender; a pointer at anything else points at nothing. */
export async function resolvePointer(
	tx: Tx,
	deps: Deps,
	sender: Sender,
	pointer: Pointer = {},
): Promise<Pointed | undefined> {
	return (
		(await byToken(tx, deps, sender, pointer.token)) ??
		(await byMessage(tx, sender, pointer.message)) ??
		(await byThread(tx, sender, pointer.thread))
	);
}

async function byToken(tx: Tx, deps: Deps, sender: Sender, token: string | undefined): Promise<Pointed | undefined> {
	if (token === undefined) return undefined;
	for (const { id } of await candidatesOf(tx, sender.userId)) {
		if (sameSecret(replyToken(deps, sender.identityId, id), token)) return { sessionId: id, by: "token" };
	}
	return undefined;
}

async function byMessage(tx: Tx, { identityId }: Sender, message: string | undefined): Promise<Pointed | undefined> {
	if (message === undefined) return undefined;
	const [found] = await tx
		.select({ sessionId: deliveries.sessionId, eventId: deliveries.eventId })
		.from(deliveries)
		.where(
			and(eq(deliveries.identityId, identityId), eq(deliveries.providerId, message), isNotNull(deliveries.sessionId)),
		)
		// A provider's ids can begin anew (another bot, a group that became a supergroup): the newest is what the phone shows.
		.orderBy(desc(deliveries.createdAt), desc(deliveries.id))
		.limit(1);
	if (found?.sessionId == null) return undefined;
	return { sessionId: found.sessionId, by: "message", eventId: found.eventId ?? undefined };
}

async function byThread(tx: Tx, { identityId }: Sender, thread: string | undefined): Promise<Pointed | undefined> {
	if (thread === undefined) return undefined;
	const [found] = await tx
		.select({ sessionId: threads.sessionId })
		.from(threads)
		.where(and(eq(threads.identityId, identityId), eq(threads.thread, thread)));
	return found && { sessionId: found.sessionId, by: "thread" };
}
