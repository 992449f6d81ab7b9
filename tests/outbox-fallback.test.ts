import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveries, identities, rateSlots } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { recordReceipt } from "../server/domain/record-receipt.ts";
import type { StatusReceipt } from "../server/inbound/inbound.ts";
import { fallBack } from "../server/outbox/fall-back.ts";
import type { ChannelName } from "../src/contract/channels.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import {
	addDelivery,
	addSession,
	addUser,
	report,
	type TestChannel,
	type TestDeps,
	testChannel,
	testDeps,
} from "./helpers/fixture.ts";
import { type OutboxWorld, outboxWorld } from "./helpers/outbox-world.ts";
import { until } from "./helpers/until.ts";

const refusal = { ok: false, retryable: false, reason: "Refused." } as const;

describe.each(databases)("a message that does not arrive, on $name", ({ open }) => {
	let database: TestDatabase;
	let world: OutboxWorld;
	let deps: TestDeps;
	let channels: Record<"sms" | "telegram" | "email", TestChannel>;

	beforeAll(async () => {
		database = await open();
		world = outboxWorld(database.db);
		// e-mail has receipts and SMS has not, so that one user has both kinds
		channels = {
			sms: testChannel("sms"),
			telegram: testChannel("telegram"),
			email: testChannel("email", { receipts: true }),
		};
		deps = testDeps(database.db, Object.values(channels), { vault: world.deps.vault });
	});
	afterAll(() => database.close());

	/** A session of somebody with these channels in this order, whose SMS window is closed for `done`. */
	async function someone(order: readonly ChannelName[] = ["telegram", "sms", "email"]) {
		const user = await addUser(deps, order);
		const session = await addSession(deps, user, { handle: null });
		return { user, session };
	}
	/** Closes the windows of channels by what was sent a moment ago. */
	async function close(session: { id: string }, classes: readonly ("metered" | "free")[]) {
		for (const each of classes) {
			await deps.db.insert(rateSlots).values({ scope: `session:${session.id}`, kind: "done", class: each });
		}
	}
	const rowsOf = async (session: { id: string }) =>
		(await deps.db.select().from(deliveries).where(eq(deliveries.sessionId, session.id))).toSorted(
			(a, b) => a.createdAt.getTime() - b.createdAt.getTime(),
		);
	const states = async (session: { id: string }) =>
		(await rowsOf(session)).map(({ channel, state }) => `${channel} ${state}`);
	const reach = (session: { id: string }, wanted: string[]) =>
		until(
			async () => JSON.stringify(await states(session)) === JSON.stringify(wanted),
			5000,
			async () => JSON.stringify(await states(session)),
		);
	const receiptOf = (row: typeof deliveries.$inferSelect, state: StatusReceipt["state"]): StatusReceipt => ({
		channel: "email",
		providerId: row.providerId ?? "",
		deliveryId: row.id,
		state,
		receipt: state,
		reason: undefined,
		optedOut: false,
	});

	it("goes to the user's next channel in order that did not get it, though that one's window is closed (row 119)", async () => {
		const { session } = await someone();
		await close(session, ["metered"]);
		await acceptEvent(deps, session, report("done", { message: "all green" }));
		channels.telegram.results.push(refusal);
		world.start({}, deps);
		await reach(session, ["telegram failed", "sms sent"]);
		expect(channels.sms.taken.at(-1)?.text).toContain("all green");
	});

	it("goes on to the one after that when that fails too, then back to those before, and each gets it once", async () => {
		const { session } = await someone(["sms", "telegram", "email"]);
		await close(session, ["metered"]);
		await acceptEvent(deps, session, report("done"));
		for (const channel of Object.values(channels)) channel.results.push(refusal);
		world.start({}, deps);
		await reach(session, ["telegram failed", "email failed", "sms failed"]);
		const left = await deps.db.$count(deliveries, sql`fallback_at is not null and not fell_back`);
		await until(
			async () => (await deps.db.$count(deliveries, sql`fallback_at is not null and not fell_back`)) === 0,
			5000,
			() => `${left} are left`,
		);
		expect(await rowsOf(session)).toHaveLength(3);
	});

	it("by a bug in one channel stops no other: two have it, and the third says why (row 98)", async () => {
		const { session } = await someone(["telegram", "sms", "email"]);
		await acceptEvent(deps, session, report("error"));
		channels.telegram.results.push(...Array.from({ length: 5 }, () => () => Promise.reject(new TypeError("a bug"))));
		world.start({}, deps);
		const wanted = ["email sent", "sms sent", "telegram dead"];
		await until(
			async () => JSON.stringify((await states(session)).toSorted()) === JSON.stringify(wanted),
			20_000,
			async () => JSON.stringify(await states(session)),
		);
		const dead = (await rowsOf(session)).find(({ channel }) => channel === "telegram");
		expect(dead).toMatchObject({ attempts: 5, error: "The server could not make this message." });
	});

	it("stays where it is while another channel has it or may still bring it (row 98)", async () => {
		const { session } = await someone(["telegram", "email", "sms"]);
		await acceptEvent(deps, session, report("error"));
		await deps.db.execute(
			sql`update identities set position = 9 where user_id = ${session.userId} and channel = 'sms'`,
		);
		await deps.db.execute(sql`delete from deliveries where session_id = ${session.id} and channel = 'sms'`);
		channels.telegram.results.push(refusal);
		const outbox = world.start({}, deps);
		await reach(session, ["telegram failed", "email sent"]);
		await fallBack(deps);
		expect(await rowsOf(session)).toHaveLength(2);
		await outbox.stop(1000);
	});

	it("is told by the provider's receipt to have failed: the next channel has it at once (row 119)", async () => {
		const { session } = await someone(["email", "telegram"]);
		await close(session, ["free"]);
		await acceptEvent(deps, session, report("done"));
		world.start({}, deps);
		await reach(session, ["email sent"]);
		const [mail] = await rowsOf(session);
		if (mail === undefined) return;
		await recordReceipt(deps, receiptOf(mail, "failed"));
		await reach(session, ["email failed", "telegram sent"]);
	});

	it("without a receipt is given 60 seconds before another channel has it too (row 119)", async () => {
		const { session } = await someone(["email", "telegram"]);
		await close(session, ["free"]);
		await acceptEvent(deps, session, report("done"));
		const outbox = world.start({}, deps);
		await reach(session, ["email sent"]);
		await outbox.stop(1000);
		const pass = (seconds: number) =>
			deps.db.execute(
				sql`update deliveries set fallback_at = fallback_at - ${seconds}::int * interval '1 second' where session_id = ${session.id}`,
			);
		await pass(58);
		expect(await fallBack(deps)).toBe(false);
		await pass(2);
		expect(await fallBack(deps)).toBe(true);
		expect(await fallBack(deps)).toBe(false);
		expect(await states(session)).toEqual(["email sent", "telegram pending"]);
		await world.bury();
	});

	it("with a receipt in time stays where it is", async () => {
		const { session } = await someone(["email", "telegram"]);
		await close(session, ["free"]);
		await acceptEvent(deps, session, report("done"));
		const outbox = world.start({}, deps);
		await reach(session, ["email sent"]);
		await outbox.stop(1000);
		const [mail] = await rowsOf(session);
		if (mail === undefined) return;
		await recordReceipt(deps, receiptOf(mail, "sent"));
		expect((await rowsOf(session))[0]?.fallbackAt).not.toBeNull();
		await recordReceipt(deps, receiptOf(mail, "delivered"));
		expect((await rowsOf(session))[0]?.fallbackAt).toBeNull();
		expect(await fallBack(deps)).toBe(false);
	});

	it("because the person opted out meanwhile goes to the next channel", async () => {
		const { user, session } = await someone(["telegram", "sms"]);
		await close(session, ["metered"]);
		await acceptEvent(deps, session, report("done"));
		await deps.db
			.update(identities)
			.set({ optedOutAt: new Date() })
			.where(eq(identities.id, user.identityIds[0] ?? ""));
		world.start({}, deps);
		await reach(session, ["telegram dead", "sms sent"]);
	});

	it("goes nowhere where nobody may be written to: opted out, taken away, unknown here, or 30 SMS that day", async () => {
		const { user, session } = await someone(["telegram", "email", "sms", "pager"]);
		await close(session, ["metered"]);
		await acceptEvent(deps, session, report("done"));
		const [, email] = user.identityIds;
		await deps.db
			.update(identities)
			.set({ optedOutAt: new Date() })
			.where(eq(identities.id, email ?? ""));
		const scope = `user:${user.userId}`;
		await deps.db.insert(rateSlots).values({ scope, kind: "day", class: "sms", used: 30 });
		channels.telegram.results.push(refusal);
		const outbox = world.start({}, deps);
		await reach(session, ["telegram failed"]);
		await fallBack(deps);
		expect(await rowsOf(session)).toHaveLength(1);
		await outbox.stop(1000);
	});

	it("counts as one of the day's SMS where it becomes one", async () => {
		const { user, session } = await someone(["telegram", "sms"]);
		await close(session, ["metered"]);
		await acceptEvent(deps, session, report("done"));
		channels.telegram.results.push(refusal);
		world.start({}, deps);
		await reach(session, ["telegram failed", "sms sent"]);
		const [slot] = await deps.db
			.select()
			.from(rateSlots)
			.where(eq(rateSlots.scope, `user:${user.userId}`));
		expect(slot).toMatchObject({ kind: "day", class: "sms", used: 1 });
	});

	it("is not sent elsewhere when it is too late, and a pairing code never", async () => {
		const { user, session } = await someone(["telegram", "sms"]);
		await close(session, ["metered"]);
		await acceptEvent(deps, session, report("done"));
		const [row] = await rowsOf(session);
		await world.makeLate(row?.id ?? "");
		const notice = await addDelivery(deps, user, { channel: "telegram" });
		channels.telegram.results.push(refusal);
		const outbox = world.start({}, deps);
		await reach(session, ["telegram dead"]);
		await world.settled(notice);
		await fallBack(deps);
		expect(await deps.db.$count(deliveries, eq(deliveries.userId, user.userId))).toBe(2);
		await outbox.stop(1000);
	});
});
