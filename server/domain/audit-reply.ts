import { createHash } from "node:crypto";
import type { Db } from "../db/client.ts";
import { type Act, writeAudit } from "./audit.ts";
import type { Deps } from "./deps.ts";
import type { Sender } from "./store-reply.ts";

type ReplyAct = Pick<Act, "action" | "sessionId" | "outcome" | "why"> & {
	sender: Sender;
	/** Only its hash is kept. */
	text?: string | undefined;
};

/** Writes down what somebody did, or was refused, from their phone. */
export function auditReply(
	tx: Pick<Db, "insert">,
	deps: Pick<Deps, "id" | "channels">,
	{ sender, text, ...act }: ReplyAct,
): Promise<void> {
	return writeAudit(tx, deps, {
		...act,
		userId: sender.userId,
		actor: { kind: "phone", label: `${deps.channels.get(sender.channel)?.title ?? sender.channel} ${sender.label}` },
		hash: text === undefined ? undefined : createHash("sha256").update(text).digest("hex"),
	});
}
