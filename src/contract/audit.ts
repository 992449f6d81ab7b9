import * as z from "zod";

/** Who did what from where. `refused` entries are of what was not done, and why. */
export const auditEntry = z.object({
	id: z.uuid(),
	at: z.iso.datetime(),
	/** "phone", "computer" or "server", with what may be shown of it: `SMS +1***8912`, a machine's name. */
	actor: z.object({ kind: z.enum(["phone", "computer", "server"]), label: z.string() }),
	/** `reply`, `approval.allow`, `command`, `mute`, `settings`, `channel.add` … */
	action: z.string().max(60),
	/** The session's handle and description at that time; null for what is about none. */
	session: z.object({ id: z.uuid(), handle: z.string().nullable(), description: z.string() }).nullable(),
	outcome: z.enum(["done", "refused"]),
	/** A sentence for the user; never the text of a reply. */
	why: z.string(),
	/** SHA-256, in hex, of the text or the request that it is about. */
	hash: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** Query of GET /audit: the newest first; `before` is the id of the last entry of the page before. */
export const auditQuery = z.object({
	limit: z.coerce.number().int().min(1).max(100).default(20),
	before: z.uuid().optional(),
});

export const auditPage = z.object({ entries: z.array(auditEntry) });
