import { eq, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { heldReplies } from "../db/schema.ts";
import type { Sender } from "./store-reply.ts";

/** Later the person has something else in mind. */
const tooOld = sql`${heldReplies.createdAt} <= now() - interval '10 minutes'`;

/** Keeps the text of a reply while the phone is asked which session it is for; a newer one takes its place. */
export async function holdReply(tx: Pick<Db, "insert">, { identityId }: Sender, text: string): Promise<void> {
	await tx
		.insert(heldReplies)
		.values({ identityId, text })
		.onConflictDoUpdate({ target: heldReplies.identityId, set: { text, createdAt: sql`now()` } });
}

/** The text that waits for its letter, if there is one; it waits no longer, whether it is used or not. */
export async function takeHeldReply(tx: Pick<Db, "delete">, { identityId }: Sender): Promise<string | undefined> {
	const [taken] = await tx
		.delete(heldReplies)
		.where(eq(heldReplies.identityId, identityId))
		.returning({ text: heldReplies.text, tooOld: sql<boolean>`${tooOld}` });
	return taken === undefined || taken.tooOld ? undefined : taken.text;
}

export async function forgetHeldReplies(db: Pick<Db, "delete">): Promise<void> {
	await db.delete(heldReplies).where(tooOld);
}
