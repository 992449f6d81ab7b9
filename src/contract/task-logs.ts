import * as z from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: "must be a SHA-256 in lower-case hex" });

/** PUT /tasks/{id}/log/digest: what is known of a log that is too long to be kept. */
export const logDigest = z.strictObject({
	sha256,
	bytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
});
export type LogDigest = z.infer<typeof logDigest>;

/** The full log of a task, as GET /tasks/{id} tells of it. */
export const taskLog = z.object({
	/** Of the text that was sent, before it was compressed. */
	sha256,
	bytes: z.number(),
	/** False: only the two above are kept, since it was too long or is too old. */
	kept: z.boolean(),
	stored_at: z.iso.datetime(),
});
export type TaskLog = z.infer<typeof taskLog>;

/** What GET /tasks/{id} says of the full log. */
export const reportedLog = {
	log: taskLog.nullable(),
	/** Where its text can be read without a login, for a quarter of an hour; null where none is kept. */
	log_url: z.url().nullable(),
};
