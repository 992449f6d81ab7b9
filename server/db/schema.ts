import { sql } from "drizzle-orm";
import { bigserial, index, integer, pgTable, primaryKey, text, unique, uuid } from "drizzle-orm/pg-core";
import { inboxStates } from "../../src/contract/inbox.ts";
import { createdAt, instant } from "./columns.ts";
import { identities, users } from "./schema-accounts.ts";
import { sessions } from "./schema-sessions.ts";

export * from "./schema-accounts.ts";
export * from "./schema-approvals.ts";
export * from "./schema-outbox.ts";
export * from "./schema-sessions.ts";
export * from "./schema-task-logs.ts";
export * from "./schema-tasks.ts";

/** One upsert decides a limit: `used` of at most N within a window that starts at `windowStartedAt`. */
export const rateSlots = pgTable(
	"rate_slots",
	{
		/** `session:<id>` or `user:<id>`. */
		scope: text().notNull(),
		/** The event type, or `day` for the daily cap. */
		kind: text().notNull(),
		/** `metered`, `free`, or a channel's name. */
		class: text().notNull(),
		windowStartedAt: instant().notNull().defaultNow(),
		used: integer().notNull().default(1),
		/** Held back since the window's first was sent; told in the next message. */
		held: integer().notNull().default(0),
		/** What was held back in the window before this one, and when that window began: the next message says both. */
		heldBefore: integer().notNull().default(0),
		heldSince: instant(),
	},
	(t) => [primaryKey({ columns: [t.scope, t.kind, t.class] })],
);

/** What only one of several server instances may do at a time, and until when it may without renewing. */
export const leases = pgTable("leases", {
	name: text().primaryKey(),
	holder: uuid().notNull(),
	until: instant().notNull(),
});

/** Provider webhooks that were taken, in the same transaction as their effect: a redelivery has none. */
export const inbound = pgTable(
	"inbound",
	{
		provider: text().notNull(),
		providerEventId: text().notNull(),
		receivedAt: createdAt(),
	},
	(t) => [primaryKey({ columns: [t.provider, t.providerEventId] })],
);

export const inbox = pgTable(
	"inbox",
	{
		id: uuid().primaryKey(),
		/** Order of arrival, and the long-poll's cursor. */
		seq: bigserial({ mode: "number" }).notNull(),
		sessionId: uuid()
			.notNull()
			.references(() => sessions.id),
		userId: uuid()
			.notNull()
			.references(() => users.id),
		identityId: uuid()
			.notNull()
			.references(() => identities.id),
		ref: text().notNull(),
		kind: text({ enum: ["reply", "resume"] })
			.notNull()
			.default("reply"),
		text: text().notNull(),
		/** The ended session that a `resume` is for; `sessionId` is the live one whose machine runs it. */
		resumesId: uuid().references(() => sessions.id),
		fromChannel: text().notNull(),
		fromLabel: text().notNull(),
		state: text({ enum: inboxStates }).notNull().default("queued"),
		via: text(),
		leaseUntil: instant(),
		deliveredAt: instant(),
		seenAt: instant(),
		expiresAt: instant().notNull(),
		createdAt: createdAt(),
	},
	(t) => [
		unique("inbox_ref").on(t.sessionId, t.ref),
		index("inbox_resumes").on(t.resumesId).where(sql`${t.resumesId} is not null`),
		index("inbox_open").on(t.sessionId, t.seq).where(sql`${t.state} in ('queued', 'leased', 'delivered')`),
	],
);

/** The text of a reply whose session had to be asked for; the letter alone then passes it on. One for each address, for ten minutes. */
export const heldReplies = pgTable("held_replies", {
	identityId: uuid()
		.primaryKey()
		.references(() => identities.id),
	text: text().notNull(),
	createdAt: createdAt(),
});
