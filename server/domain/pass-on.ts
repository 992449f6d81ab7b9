import type { Db } from "../db/client.ts";
import type { Refusal } from "./admit-reply.ts";
import { answersPerMessage, takeAnswerSlot } from "./answer-limit.ts";
import { auditReply } from "./audit-reply.ts";
import type { Deps } from "./deps.ts";
import { freeSlots } from "./free-slots.ts";
import { type Sender, storeReply } from "./store-reply.ts";

export interface PassedOn {
	sender: Sender;
	sessionId: string;
	/** As `admitReply` let it through. */
	text: string;
	/** The provider's id of the message that it answers. */
	message?: string | undefined;
	/** Instead of a new one. */
	id?: string | undefined;
}

type Tx = Pick<Db, "execute" | "insert" | "update">;

/** Puts a text into its session's inbox, audited; refused when the message that it answers has had its answers. */
export async function passOn(
	tx: Tx,
	deps: Deps,
	reply: PassedOn,
): Promise<{ stored: { id: string; ref: string } } | { refusal: Refusal }> {
	const { sender, sessionId, text } = reply;
	const audited = { sender, sessionId, action: "reply", text };
	if (!(await takeAnswerSlot(tx, reply))) {
		const reason = `A message takes at most ${answersPerMessage} replies. Wait for the session's next one.`;
		await auditReply(tx, deps, { ...audited, outcome: "refused", why: reason });
		return { refusal: { code: "answered_out", reason, tell: true } };
	}
	const stored = await storeReply(tx, deps, reply);
	await freeSlots(tx, sessionId);
	await auditReply(tx, deps, { ...audited, outcome: "done", why: "Passed on to the session." });
	return { stored };
}
