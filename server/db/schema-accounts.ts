import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, instant } from "./columns.ts";

export const users = pgTable(
	"users",
	{
		id: uuid().primaryKey(),
		plan: text().notNull().default("free"),
		timeZone: text().notNull().default("UTC"),
		locale: text().notNull().default("en"),
		settings: jsonb().$type<Record<string, unknown>>().notNull().default({}),
		/** Until then no event's message leaves, of any session. */
		mutedUntil: instant(),
		/** When to look whether what was held back in silence can be told. */
		digestAt: instant(),
		createdAt: createdAt(),
	},
	(t) => [index("users_digest").on(t.digestAt).where(sql`${t.digestAt} is not null`)],
);

/** A verified address of a user. The address itself is sealed; lookups go by its HMAC. */
export const identities = pgTable(
	"identities",
	{
		id: uuid().primaryKey(),
		userId: uuid()
			.notNull()
			.references(() => users.id),
		channel: text().notNull(),
		addressSealed: text().notNull(),
		addressMac: text().notNull(),
		label: text().notNull(),
		position: integer().notNull().default(0),
		verifiedAt: instant().notNull().defaultNow(),
		optedOutAt: instant(),
		/** Set when the user took the channel away; what was sent to it stays on record, the address itself is gone. */
		removedAt: instant(),
		lastInboundAt: instant(),
		createdAt: createdAt(),
	},
	(t) => [
		// an address belongs to one user: a reply from it is that user's word
		unique("identities_channel_address").on(t.channel, t.addressMac),
		index("identities_user").on(t.userId, t.position),
	],
);

export const devices = pgTable(
	"devices",
	{
		id: uuid().primaryKey(),
		userId: uuid()
			.notNull()
			.references(() => users.id),
		name: text().notNull(),
		fingerprintHash: text().notNull(),
		createdAt: createdAt(),
		lastSeenAt: instant().notNull().defaultNow(),
		revokedAt: instant(),
	},
	(t) => [index("devices_user").on(t.userId)],
);

export const refreshTokens = pgTable(
	"refresh_tokens",
	{
		id: uuid().primaryKey(),
		deviceId: uuid()
			.notNull()
			.references(() => devices.id),
		identityId: uuid()
			.notNull()
			.references(() => identities.id),
		familyId: uuid().notNull(),
		tokenHash: text().notNull(),
		/** When it was exchanged for its successor; a second use within the grace gets the same successor, a later one revokes the family. */
		usedAt: instant(),
		expiresAt: instant().notNull(),
		revokedAt: instant(),
		createdAt: createdAt(),
	},
	(t) => [
		unique("refresh_tokens_hash").on(t.tokenHash),
		index("refresh_tokens_family").on(t.familyId),
		index("refresh_tokens_device").on(t.deviceId),
	],
);

export const pairings = pgTable(
	"pairings",
	{
		id: uuid().primaryKey(),
		tempTokenHash: text().notNull(),
		channel: text().notNull(),
		/** The four are null while the pairing's link has not been opened. */
		addressSealed: text(),
		addressMac: text(),
		label: text(),
		codeMac: text(),
		/** Of the token in the link that the person opens, where an address is not typed. */
		linkTokenHash: text(),
		tries: integer().notNull().default(0),
		sends: integer().notNull().default(0),
		codeChallenge: text().notNull(),
		state: text().notNull(),
		callbackUri: text(),
		/** Set when the hosted page took the right code. */
		confirmedAt: instant(),
		usedAt: instant(),
		expiresAt: instant().notNull(),
		/** When the newest of its `sends` codes left: what the limits per number count by. */
		lastSentAt: instant().notNull().defaultNow(),
		createdAt: createdAt(),
	},
	(t) => [
		unique("pairings_temp_token").on(t.tempTokenHash),
		unique("pairings_link_token").on(t.linkTokenHash),
		index("pairings_address").on(t.addressMac, t.lastSentAt),
	],
);
