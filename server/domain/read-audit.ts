import { and, desc, eq, lt } from "drizzle-orm";
import type { z } from "zod";
import type { AuditEntry, auditQuery } from "../../src/contract/audit.ts";
import { audit, sessions } from "../db/schema.ts";
import type { Deps } from "./deps.ts";

/** What was done in the user's name and what was refused, the newest first. */
export async function readAudit(
	{ db }: Pick<Deps, "db">,
	userId: string,
	{ limit, before }: z.infer<typeof auditQuery>,
): Promise<AuditEntry[]> {
	const rows = await db
		.select({ entry: audit, handle: sessions.handle, description: sessions.description })
		.from(audit)
		// Whose session it was is looked up too: an id alone opens nothing.
		.leftJoin(sessions, and(eq(sessions.id, audit.sessionId), eq(sessions.userId, audit.userId)))
		.where(and(eq(audit.userId, userId), before === undefined ? undefined : lt(audit.id, before)))
		.orderBy(desc(audit.id))
		.limit(limit);
	return rows.map(({ entry, handle, description }) => ({
		id: entry.id,
		at: entry.at.toISOString(),
		actor: { kind: entry.actorKind, label: entry.actorLabel },
		action: entry.action,
		session: entry.sessionId === null ? null : { id: entry.sessionId, handle, description: description ?? "" },
		outcome: entry.outcome,
		why: entry.why,
		hash: entry.hash,
	}));
}
