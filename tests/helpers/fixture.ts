import { randomBytes, randomInt } from "node:crypto";
import { uuidv7 } from "uuidv7";
import { createLogVault } from "../../server/auth/log-vault.ts";
import { createVault } from "../../server/auth/vault.ts";
import type { Channel, DeliverOptions, DeliveryResult } from "../../server/channels/channel.ts";
import { sms } from "../../server/channels/sms.ts";
import type { Db } from "../../server/db/client.ts";
import { deliveries, devices, identities, sessions, users } from "../../server/db/schema.ts";
import type { Deps } from "../../server/domain/deps.ts";
import type { ChannelName } from "../../src/contract/channels.ts";
import type { EventDetails, EventType, ReportEvent } from "../../src/contract/events.ts";

/** A channel that does what a test says. Without further word it takes every message. */
export interface TestChannel extends Channel {
	readonly taken: { address: string; text: string; idempotencyKey: string }[];
	/** How the next attempts end, one each; a function decides for itself. */
	readonly results: (DeliveryResult | ((options: DeliverOptions) => Promise<DeliveryResult>))[];
}

export function testChannel(name: ChannelName, more: Partial<Channel> = {}): TestChannel {
	const taken: TestChannel["taken"] = [];
	const results: TestChannel["results"] = [];
	return {
		...sms.definition,
		name,
		metered: name !== "telegram",
		receipts: false,
		simulated: false,
		taken,
		results,
		async deliver(address, { text }, options) {
			taken.push({ address, text, idempotencyKey: options.idempotencyKey });
			const next = results.shift() ?? { ok: true, providerId: `test-${uuidv7()}` };
			return typeof next === "function" ? next(options) : next;
		},
		...more,
	};
}

export interface TestDeps extends Deps {
	/** How often the outbox was woken. */
	woken: number;
	/** Everything that was logged, as one text. */
	logged(): string;
}

const dataKey = randomBytes(32);

/** Real dependencies but for what varies: the channels are a test's own. */
export function testDeps(db: Db, channels: readonly Channel[], more: Partial<Deps> = {}): TestDeps {
	const lines: string[] = [];
	const note = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
	const deps: TestDeps = {
		db,
		now: () => new Date(),
		id: uuidv7,
		secret: (bytes) => randomBytes(bytes).toString("base64url"),
		code: () => randomInt(1_000_000).toString().padStart(6, "0"),
		vault: createVault(dataKey),
		logVault: createLogVault([dataKey]),
		channels: new Map(channels.map((channel) => [channel.name, channel])),
		woken: 0,
		wakeOutbox: () => {
			deps.woken += 1;
		},
		inboxBus: { notify: () => undefined, wait: () => Promise.resolve() },
		log: { debug: note, info: note, warn: note, error: note },
		logged: () => lines.join("\n"),
		...more,
	};
	return deps;
}

export interface TestUser {
	userId: string;
	deviceId: string;
	/** In the order of the addresses. */
	identityIds: string[];
	addresses: string[];
}

let phones = 0;
/** A number that no other call gave; 555 belongs to nobody. */
const freshPhone = () => `+1555${(randomInt(900) + 100).toString()}${(phones++).toString().padStart(4, "0")}`;

/** A user with a device and one verified address for each channel named. */
export async function addUser(deps: Deps, channels: readonly ChannelName[] = ["sms"]): Promise<TestUser> {
	const [userId, deviceId] = [deps.id(), deps.id()];
	await deps.db.insert(users).values({ id: userId });
	await deps.db.insert(devices).values({ id: deviceId, userId, name: "laptop", fingerprintHash: "none" });
	const rows = channels.map((channel, position) => {
		const address = channel === "sms" ? freshPhone() : `${channel}-${deps.id()}`;
		return {
			id: deps.id(),
			userId,
			channel,
			addressSealed: deps.vault.seal(address),
			addressMac: deps.vault.mac("address", address),
			label: `+1***${address.slice(-4)}`,
			position,
			address,
		};
	});
	for (const { address, ...row } of rows) await deps.db.insert(identities).values(row);
	return { userId, deviceId, identityIds: rows.map((row) => row.id), addresses: rows.map((row) => row.address) };
}

export async function addSession(
	deps: Deps,
	user: TestUser,
	more: Partial<typeof sessions.$inferInsert> = {},
): Promise<{ id: string; userId: string }> {
	const id = deps.id();
	await deps.db.insert(sessions).values({
		id,
		userId: user.userId,
		deviceId: user.deviceId,
		agent: "claude-code",
		agentSessionId: id,
		handle: "b",
		description: "migrate billing",
		folder: "/work/api",
		hostname: "laptop",
		tokenHash: id,
		monitoringId: deps.id(),
		heartbeatIntervalMs: 30_000,
		inactivityThresholdMs: 600_000,
		...more,
	});
	return { id, userId: user.userId };
}

/** A client's report of an event, now. */
export function report(type: EventType, details: EventDetails = {}): ReportEvent {
	return { id: uuidv7(), type, occurred_at: new Date().toISOString(), details };
}

/** A delivery of an event of the session, ready to be claimed. */
export async function addDelivery(
	deps: Deps,
	user: TestUser,
	more: Partial<typeof deliveries.$inferInsert> = {},
): Promise<string> {
	const id = deps.id();
	const [identityId] = user.identityIds;
	if (identityId === undefined) throw new Error("the user has no address");
	await deps.db.insert(deliveries).values({
		id,
		userId: user.userId,
		identityId,
		channel: "sms",
		notice: { kind: "test" },
		deadlineAt: new Date(Date.now() + 3_600_000),
		...more,
	});
	return id;
}
