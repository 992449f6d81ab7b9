import { sql } from "drizzle-orm";
import {
	boolean,
	index,
	integer,
	jsonb,
	pgTable,
	primaryKey,
	text,
	unique,
	uniqueIndex,
	uuid,
} from "drizzle-orm/pg-core";
import { type EventDetails, eventOutcomes, eventTypes } from "../../src/contract/events.ts";
import { agents, sessionStatuses } from "../../src/contract/sessions.ts";
import { createdAt, instant } from "./columns.ts";
import { devices, users } from "./schema-accounts.ts";

export const sessions = pgTable(
	"sessions",
	{
		id: uuid().primaryKey(),
		userId: uuid()
			.notNull()
			.references(() => users.id),
		deviceId: uuid()
			.notNull()
			.references(() => devices.id),
		/** `command-line`: no session, but where the events of a machine's `claude-notify` hang; ended from its birth on. */
		agent: text({ enum: [...agents, "command-line"] }).notNull(),
		agentSessionId: text().notNull(),
		/** Null once another session may use the letter: 24 h after the end. */
		handle: text(),
		description: text().notNull(),
		folder: text().notNull(),
		hostname: text().notNull(),
		status: text({ enum: sessionStatuses }).notNull().default("active"),
		tokenHash: text().notNull(),
		monitoringId: uuid().notNull(),
		heartbeatIntervalMs: integer().notNull(),
		inactivityThresholdMs: integer().notNull(),
		startedAt: instant().notNull().defaultNow(),
		lastActivityAt: instant().notNull().defaultNow(),
		lastHeartbeatAt: instant().notNull().defaultNow(),
		/** Set with the one "waiting" of a silence, cleared by activity; the same for "session lost". */
		waitingToldAt: instant(),
		lostToldAt: instant(),
		/** Until then nothing of this session leaves. */
		mutedUntil: instant(),
		/** When the person last typed here at the computer. Null once they answered from the phone. */
		attendedAt: instant(),
		/** The machine's presence file said so with the last heartbeat. */
		present: boolean().notNull().default(false),
		endedAt: instant(),
		endReason: text(),
		createdAt: createdAt(),
	},
	(t) => [
		unique("sessions_agent_session").on(t.userId, t.agent, t.agentSessionId),
		// a reply "b …" must mean one session
		uniqueIndex("sessions_live_handle").on(t.userId, t.handle).where(sql`${t.handle} is not null`),
		unique("sessions_token").on(t.tokenHash),
		index("sessions_timers").on(t.status, t.lastActivityAt).where(sql`${t.status} <> 'ended'`),
	],
);

export const events = pgTable(
	"events",
	{
		id: uuid().notNull(),
		sessionId: uuid()
			.notNull()
			.references(() => sessions.id),
		type: text({ enum: eventTypes }).notNull(),
		occurredAt: instant().notNull(),
		acceptedAt: createdAt(),
		details: jsonb().$type<EventDetails>().notNull(),
		outcome: text({ enum: eventOutcomes }).notNull(),
		rateLimited: boolean().notNull().default(false),
		/** Why nothing was sent, in words for the user. */
		why: text(),
		/** The next digest tells of it. */
		digestDue: boolean().notNull().default(false),
	},
	(t) => [
		// the client's id is the idempotency key; scoped to the session, so that nobody can take another's id
		primaryKey({ columns: [t.sessionId, t.id] }),
		index("events_session_type").on(t.sessionId, t.type, t.acceptedAt),
		index("events_digest").on(t.sessionId).where(sql`${t.digestDue}`),
	],
);
