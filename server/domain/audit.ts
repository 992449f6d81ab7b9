import { sql } from "drizzle-orm";
import type { AuditEntry } from "../../src/contract/audit.ts";
import type { Db } from "../db/client.ts";
import { audit } from "../db/schema.ts";
import type { Deps } from "./deps.ts";

/** A machine by its id: it is shown under the name that it had at that time. */
type Actor = AuditEntry["actor"] | { device: string };

/** One thing that somebody did or was refused. `why` is a sentence for the user and holds no text of a reply, no address and no secret. */
export interface Act {
	userId: string;
	actor: Actor;
	action: string;
	sessionId?: string | undefined;
	outcome: AuditEntry["outcome"];
	why: string;
	/** SHA-256, in hex, of what it is about. */
	hash?: string | undefined;
}

/** Writes it down, in the transaction that does it. */
export async function writeAudit(tx: Pick<Db, "insert">, { id }: Pick<Deps, "id">, act: Act): Promise<void> {
	const { actor, ...rest } = act;
	const by =
		"device" in actor
			? {
					actorKind: "computer" as const,
					actorLabel: sql<string>`(select name from devices where id = ${actor.device})`,
				}
			: { actorKind: actor.kind, actorLabel: actor.label };
	await tx.insert(audit).values({ id: id(), ...by, ...rest });
}
