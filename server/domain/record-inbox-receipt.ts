import { and, eq, inArray, sql } from "drizzle-orm";
import type { InboxReceipt, InboxState } from "../../src/contract/inbox.ts";
import type { Db } from "../db/client.ts";
import { inbox, sessions } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import { cleanReply } from "./clean-reply.ts";
import type { Deps } from "./deps.ts";
import type { Notice } from "./notice.ts";
import { plainText } from "./plain-text.ts";
import { queueNotice } from "./queue-notice.ts";

export interface ReceiptTaken {
	id: string;
	state: InboxState;
}

/** From which states each receipt may move a message. "seen" is a proof, so that it holds even after the 24 hours. */
const from = {
	delivered: ["queued", "leased", "delivered"],
	seen: ["queued", "leased", "delivered", "expired"],
	refused: ["queued", "leased", "delivered"],
} as const satisfies Record<InboxReceipt["state"], InboxState[]>;

/** States only move forward: a receipt that comes twice, or late, changes nothing and tells the phone nothing. */
export async function recordInboxReceipt(
	deps: Deps,
	message: { sessionId: string; id: string },
	receipt: InboxReceipt,
): Promise<ReceiptTaken> {
	const { taken, told } = await deps.db.transaction(async (tx) => {
		const [moved] = await tx
			.update(inbox)
			.set(change(receipt))
			.where(and(...is(message), inArray(inbox.state, [...from[receipt.state]])))
			.returning();
		if (moved === undefined) return { taken: await currentState(tx, message), told: false };
		const about = moved.resumesId ?? moved.sessionId;
		const notice = await noticeFor(tx, about, receipt);
		const target = { ...moved, sessionId: about, channel: moved.fromChannel };
		const told = notice !== undefined && (await queueNotice(tx, deps, target, notice));
		return { taken: { id: moved.id, state: moved.state }, told };
	});
	if (told) deps.wakeOutbox();
	return taken;
}

function is({ sessionId, id }: { sessionId: string; id: string }) {
	return [eq(inbox.sessionId, sessionId), eq(inbox.id, id)];
}

function change({ state, via }: InboxReceipt) {
	if (state === "seen") {
		return {
			state,
			via,
			seenAt: sql`now()`,
			deliveredAt: sql`coalesce(${inbox.deliveredAt}, now())`,
			leaseUntil: null,
		};
	}
	if (state === "refused") return { state, via, leaseUntil: null };
	// A busy session shows a reply only after its running tool; until then its companion holds the message.
	return {
		state,
		via,
		deliveredAt: sql`coalesce(${inbox.deliveredAt}, now())`,
		leaseUntil: sql`now() + interval '10 minutes'`,
	};
}

async function currentState(tx: Pick<Db, "select">, message: { sessionId: string; id: string }): Promise<ReceiptTaken> {
	const [current] = await tx
		.select({ id: inbox.id, state: inbox.state })
		.from(inbox)
		.where(and(...is(message)));
	if (current === undefined) throw new AppError("not_found", "This session has no such message.");
	return current;
}

async function noticeFor(
	tx: Pick<Db, "select">,
	sessionId: string,
	receipt: InboxReceipt,
): Promise<Notice | undefined> {
	if (receipt.state === "delivered") return undefined;
	const [session] = await tx
		.select({ handle: sessions.handle, description: sessions.description })
		.from(sessions)
		.where(eq(sessions.id, sessionId));
	if (session === undefined) return undefined;
	const named = { handle: session.handle ?? "", description: session.description };
	if (receipt.state === "seen") {
		const output = plainText(receipt.output ?? "");
		return output === "" ? { kind: "seen", ...named } : { kind: "resumed", ...named, output };
	}
	const reason = cleanReply(receipt.reason ?? "");
	return { kind: "refused", reason: reason === "" ? `"${session.description}" did not take it.` : reason };
}
