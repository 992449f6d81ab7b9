import { sql } from "drizzle-orm";
import { bigint, customType, index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { createdAt, instant } from "./columns.ts";
import { users } from "./schema-accounts.ts";
import { tasks } from "./schema-tasks.ts";

/** Goes in as base64, which PGlite takes ten times as fast as bytes. */
const bytea = customType<{ data: Uint8Array }>({
	dataType: () => "bytea",
	toDriver: (bytes) => sql`decode(${Buffer.from(bytes).toString("base64")}::text, 'base64')`,
});

/** The key that a user's logs are encrypted with, itself encrypted with the server's master key. */
export const logKeys = pgTable(
	"log_keys",
	{
		userId: uuid()
			.primaryKey()
			.references(() => users.id, { onDelete: "cascade" }),
		wrapped: text().notNull(),
		/** Names the master key. */
		wrappedBy: text().notNull(),
		createdAt: createdAt(),
	},
	(t) => [index("log_keys_wrapped_by").on(t.wrappedBy)],
);

/** One upload of a task's full log. */
export const taskLogs = pgTable(
	"task_logs",
	{
		/** The server's own: also the name under which the log is read. */
		id: uuid().primaryKey(),
		taskId: uuid()
			.notNull()
			.references(() => tasks.id, { onDelete: "cascade" }),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		/** In hex, of the whole text. */
		sha256: text(),
		bytes: bigint({ mode: "number" }).notNull().default(0),
		/** How many pieces are kept; 0 where only length and hash are. */
		chunks: integer().notNull().default(0),
		createdAt: createdAt(),
		/** Null while it is being uploaded. */
		storedAt: instant(),
	},
	(t) => [
		uniqueIndex("task_logs_task").on(t.taskId).where(sql`${t.storedAt} is not null`),
		index("task_logs_of_task").on(t.taskId),
		index("task_logs_user").on(t.userId, t.storedAt),
		index("task_logs_kept").on(t.storedAt).where(sql`${t.chunks} > 0`),
		index("task_logs_unfinished").on(t.createdAt).where(sql`${t.storedAt} is null`),
	],
);

/** A log's pieces, each encrypted by itself and bound to its place. */
export const taskLogChunks = pgTable(
	"task_log_chunks",
	{
		logId: uuid()
			.notNull()
			.references(() => taskLogs.id, { onDelete: "cascade" }),
		position: integer().notNull(),
		sealed: bytea().notNull(),
	},
	(t) => [primaryKey({ columns: [t.logId, t.position] })],
);
