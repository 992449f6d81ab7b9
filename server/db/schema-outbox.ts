import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, unique, uuid } from "drizzle-orm/pg-core";
import { deliveryStates } from "../../src/contract/sessions.ts";
import type { Notice } from "../domain/notice.ts";
import { createdAt, instant } from "./columns.ts";
import { identities } from "./schema-accounts.ts";
import { sessions } from "./schema-sessions.ts";

/** The outbox. Exactly one of event and notice says what to send. */
export const deliveries = pgTable(
	"deliveries",
	{
		id: uuid().primaryKey(),
		// Each reference is a look-up and a lock for each row: the address vouches for its user, and the event for its session.
		userId: uuid().notNull(),
		identityId: uuid()
			.notNull()
			.references(() => identities.id),
		channel: text().notNull(),
		sessionId: uuid(),
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
		/** It waits a while first, and is dropped when the person does something at the computer meanwhile. */
		unlessAttended: boolean().notNull().default(false),
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
		/** When another channel has to take over: at once after a failure, a minute after a send of which no receipt has come. */
		fallbackAt: instant(),
		/** That was looked at; it happens once. */
		fellBack: boolean().notNull().default(false),
		updatedAt: createdAt(),
		createdAt: createdAt(),
	},
	(t) => [
		// a retried report must not send twice
		unique("deliveries_event_identity").on(t.sessionId, t.eventId, t.identityId),
		// Who goes by what is due says `attempts >= 0`. Without it both indexes look alike to the planner while there is little to do, and
		// what is asked of each waiting message would go through all of them.
		index("deliveries_due")
			.on(t.channel, t.nextAttemptAt)
			.where(sql`${t.state} in ('pending', 'leased') and ${t.attempts} >= 0`),
		index("deliveries_open").on(t.identityId, t.createdAt).where(sql`${t.state} in ('pending', 'leased')`),
		index("deliveries_fallback").on(t.fallbackAt).where(sql`${t.fallbackAt} is not null and not ${t.fellBack}`),
		index("deliveries_provider").on(t.channel, t.providerId).where(sql`${t.providerId} is not null`),
		index("deliveries_identity").on(t.identityId, t.createdAt),
	],
);

/** The provider's thread that a session has at an address: a Telegram topic. */
export const threads = pgTable(
	"threads",
	{
		identityId: uuid()
			.notNull()
			.references(() => identities.id),
		sessionId: uuid()
			.notNull()
			.references(() => sessions.id),
		thread: text().notNull(),
		createdAt: createdAt(),
	},
	(t) => [
		primaryKey({ columns: [t.identityId, t.sessionId] }),
		// what is written in a thread is for one session
		unique("threads_identity_thread").on(t.identityId, t.thread),
		index("threads_session").on(t.sessionId),
	],
);
