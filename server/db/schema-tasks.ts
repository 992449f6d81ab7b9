import { sql } from "drizzle-orm";
import { bigint, boolean, index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { eventOutcomes } from "../../src/contract/events.ts";
import { createdAt, instant } from "./columns.ts";
import { devices, users } from "./schema-accounts.ts";
import { sessions } from "./schema-sessions.ts";

/** Commands that `claude-notify run` ran. */
export const tasks = pgTable(
	"tasks",
	{
		/** The client's own, and that of the event that tells of its end. */
		id: uuid().primaryKey(),
		userId: uuid()
			.notNull()
			.references(() => users.id),
		deviceId: uuid()
			.notNull()
			.references(() => devices.id),
		/** The monitored session that it ran in. */
		sessionId: uuid().references(() => sessions.id),
		title: text().notNull(),
		/** Null where the person hides it. */
		command: text(),
		hostname: text().notNull(),
		folder: text().notNull(),
		/** Names of `notifyOn`, with commas between. */
		notifyOn: text().notNull(),
		/** Null for all of the user's. */
		channels: text().array(),
		startedAt: createdAt(),
		finishedAt: instant(),
		exitCode: bigint({ mode: "number" }),
		signal: text(),
		interrupted: boolean().notNull().default(false),
		durationMs: bigint({ mode: "number" }),
		tail: text().notNull().default(""),
		outputBytes: bigint({ mode: "number" }).notNull().default(0),
		outcome: text({ enum: eventOutcomes }),
		/** Why nothing was sent, in words for the user. */
		why: text(),
	},
	(t) => [
		index("tasks_user").on(t.userId, t.startedAt),
		index("tasks_session").on(t.sessionId).where(sql`${t.sessionId} is not null`),
	],
);
