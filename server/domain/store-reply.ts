import { sql } from "drizzle-orm";
import type { ChannelName } from "../../src/contract/channels.ts";
import type { Db } from "../db/client.ts";
import { inbox } from "../db/schema.ts";
import type { Deps } from "./deps.ts";

export interface Sender {
	identityId: string;
	userId: string;
	channel: ChannelName;
	/** The address as it may be shown: `+1***8912`. */
	label: string;
}

export interface ReplyToStore {
	sender: Sender;
	/** Whose inbox it goes into. */
	sessionId: string;
	text: string;
	/** Instead of a new one. */
	id?: string | undefined;
	/** The ended session that it is for; `sessionId` is then the one whose machine goes on with it. */
	resumes?: string | undefined;
}

/** Without vowels, so that no ref spells a word, and without `y`. */
const refAlphabet = "bcdfghjklmnpqrstvwxz0123456789";
const refLength = 8;

/** Stores one reply for a session; two equal texts are two replies. */
export async function storeReply(
	tx: Pick<Db, "insert">,
	deps: Pick<Deps, "id" | "secret">,
	reply: ReplyToStore,
): Promise<{ id: string; ref: string }> {
	const { sender, sessionId, text, resumes } = reply;
	for (;;) {
		const [stored] = await tx
			.insert(inbox)
			.values({
				id: reply.id ?? deps.id(),
				sessionId,
				userId: sender.userId,
				identityId: sender.identityId,
				ref: newRef(deps),
				text,
				...(resumes === undefined ? {} : { kind: "resume" as const, resumesId: resumes }),
				fromChannel: sender.channel,
				fromLabel: sender.label,
				expiresAt: sql`now() + interval '24 hours'`,
			})
			.onConflictDoNothing({ target: [inbox.sessionId, inbox.ref] })
			.returning({ id: inbox.id, ref: inbox.ref });
		if (stored !== undefined) return stored;
	}
}

function newRef({ secret }: Pick<Deps, "secret">): string {
	// 32 bits a character leave no bias worth the name.
	const bytes = Buffer.from(secret(refLength * 4), "base64url");
	return Array.from(
		{ length: refLength },
		(_, at) => refAlphabet[bytes.readUInt32BE(at * 4) % refAlphabet.length],
	).join("");
}
