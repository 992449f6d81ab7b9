import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import {
	type ApprovalDecision,
	type ApprovalQuestion,
	approvalKinds,
	approvalStates,
} from "../../src/contract/approvals.ts";
import { createdAt, instant } from "./columns.ts";
import { identities, users } from "./schema-accounts.ts";
import { sessions } from "./schema-sessions.ts";

/** What a session waits for, and the one answer to it. */
export const approvals = pgTable(
	"approvals",
	{
		/** The client's own, and that of the event that tells the phone. */
		id: uuid().notNull().primaryKey(),
		sessionId: uuid()
			.notNull()
			.references(() => sessions.id),
		userId: uuid()
			.notNull()
			.references(() => users.id),
		kind: text({ enum: approvalKinds }).notNull(),
		/** Counted in the session: what a person types where several are open. */
		number: integer().notNull(),
		/** Stands in its buttons: nothing typed for another request can answer this one. */
		code: text().notNull(),
		toolName: text(),
		summary: text().notNull(),
		cwd: text(),
		requestHash: text().notNull(),
		/** What a yes for the rest of the session allows, as the client says it; null where a yes counts once. */
		sessionGrant: text(),
		questions: jsonb().$type<ApprovalQuestion[]>().notNull().default([]),
		/** What was answered so far of a form with several questions, by the question's key. */
		answers: jsonb().$type<Record<string, string | string[]>>().notNull().default({}),
		/** Four digits that a yes must carry, since the command destroys; null for the others. */
		confirmCode: text(),
		/** How often a yes came with another code: at three nobody can allow it from a phone any more. */
		wrongCodes: integer().notNull().default(0),
		state: text({ enum: approvalStates }).notNull().default("open"),
		decision: jsonb().$type<ApprovalDecision>(),
		answeredBy: uuid().references(() => identities.id),
		withdrawnReason: text(),
		/** The session said what it made of the decision: `applied` or `too_late`. */
		receipt: text(),
		expiresAt: instant().notNull(),
		settledAt: instant(),
		createdAt: createdAt(),
	},
	(t) => [
		unique("approvals_number").on(t.sessionId, t.number),
		unique("approvals_code").on(t.userId, t.code),
		index("approvals_open").on(t.userId, t.sessionId).where(sql`${t.state} = 'open'`),
		index("approvals_expiry").on(t.expiresAt).where(sql`${t.state} = 'open'`),
	],
);

/** Who did what from where. Rows are added, and pruned by age; never changed. */
export const audit = pgTable(
	"audit",
	{
		/** UUIDv7: also the order. */
		id: uuid().primaryKey(),
		userId: uuid()
			.notNull()
			.references(() => users.id),
		at: createdAt(),
		actorKind: text({ enum: ["phone", "computer", "server"] }).notNull(),
		actorLabel: text().notNull(),
		action: text().notNull(),
		sessionId: uuid(),
		outcome: text({ enum: ["done", "refused"] }).notNull(),
		why: text().notNull(),
		hash: text(),
	},
	(t) => [index("audit_user").on(t.userId, t.id)],
);
