import { sql } from "drizzle-orm";
import {
	bigint,
	bigserial,
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
import { channelNames } from "../../src/contract/channels.ts";
import { type EventDetails, eventOutcomes, eventTypes } from "../../src/contract/events.ts";
import { inboxStates } from "../../src/contract/inbox.ts";
import { agents, deliveryStates, sessionStatuses } from "../../src/contract/sessions.ts";
import type { Notice } from "../domain/notice.ts";
import { createdAt, instant } from "./columns.ts";
import { devices, identities, users } from "./schema-accounts.ts";

export * from "./schema-accounts.ts";

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
		agent: text({ enum: agents }).notNull(),
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
	},
	(t) => [
		// the client's id is the idempotency key; scoped to the session, so that nobody can take another's id
		primaryKey({ columns: [t.sessionId, t.id] }),
		index("events_session_type").on(t.sessionId, t.type, t.acceptedAt),
	],
);

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

/** The outbox. Exactly one of event and notice says what to send. */
export const deliveries = pgTable(
	"deliveries",
	{
		id: uuid().primaryKey(),
		userId: uuid()
			.notNull()
			.references(() => users.id),
		identityId: uuid()
			.notNull()
			.references(() => identities.id),
		channel: text({ enum: channelNames }).notNull(),
		sessionId: uuid().references(() => sessions.id),
		eventId: uuid(),
		notice: jsonb().$type<Notice>(),
		/** How many of the same type were held back before this one, and since when. */
		heldBefore: integer().notNull().default(0),
		heldSince: instant(),
		state: text({ enum: deliveryStates }).notNull().default("pending"),
		attempts: integer().notNull().default(0),
		nextAttemptAt: instant().notNull().defaultNow(),
		/** After this instant the message is noise and is not sent any more. */
		deadlineAt: instant().notNull(),
		leaseUntil: instant(),
		providerId: text(),
		/** The provider's own last word, e.g. Twilio's `undelivered`. */
		receipt: text(),
		error: text(),
		segments: integer(),
		/** Millionths of the provider's currency unit, when the provider tells it. */
		costMicros: bigint({ mode: "number" }),
		sentAt: instant(),
		settledAt: instant(),
		updatedAt: createdAt(),
		createdAt: createdAt(),
	},
	(t) => [
		// a retried report must not send twice
		unique("deliveries_event_identity").on(t.sessionId, t.eventId, t.identityId),
		index("deliveries_claim").on(t.nextAttemptAt).where(sql`${t.state} in ('pending', 'leased')`),
		index("deliveries_provider").on(t.channel, t.providerId),
		index("deliveries_identity").on(t.identityId, t.createdAt),
	],
);

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
		kind: text({ enum: ["reply"] })
			.notNull()
			.default("reply"),
		text: text().notNull(),
		fromChannel: text({ enum: channelNames }).notNull(),
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

export const audit = pgTable(
	"audit",
	{
		id: uuid().primaryKey(),
		userId: uuid().references(() => users.id),
		sessionId: uuid().references(() => sessions.id),
		action: text().notNull(),
		detail: jsonb().$type<Record<string, unknown>>().notNull().default({}),
		createdAt: createdAt(),
	},
	(t) => [index("audit_user").on(t.userId, t.createdAt)],
);
