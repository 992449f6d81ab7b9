import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identities } from "../server/db/schema.ts";
import { recordReceipt } from "../server/domain/record-receipt.ts";
import type { StatusReceipt } from "../server/inbound/inbound.ts";
import { parseTwilioStatus } from "../server/inbound/twilio-status.ts";
import { claimDeliveries } from "../server/outbox/claim.ts";
import { settle } from "../server/outbox/settle.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addDelivery, addUser } from "./helpers/fixture.ts";
import { atOnce, busy, claim, type OutboxWorld, outboxWorld } from "./helpers/outbox-world.ts";

let sids = 0;
const freshSid = () => `SM${(sids++).toString(16).padStart(32, "0")}`;

function receipt(sid: string, status: string, more: { errorCode?: string; delivery?: string } = {}): StatusReceipt {
	const params = new URLSearchParams({ MessageSid: sid, MessageStatus: status });
	if (more.errorCode !== undefined) params.set("ErrorCode", more.errorCode);
	const parsed = parseTwilioStatus(params, more.delivery);
	if (parsed === undefined) throw new Error(`${status} is no receipt`);
	return parsed;
}

describe.each(databases)("receipts on $name", ({ open }) => {
	let database: TestDatabase;
	let world: OutboxWorld;

	beforeAll(async () => {
		database = await open();
		world = outboxWorld(database.db);
	});
	afterAll(() => database.close());

	const record = (given: StatusReceipt) => recordReceipt(world.deps, given);
	/** A message that Twilio took, and its sid. */
	async function sent(): Promise<{ id: string; sid: string }> {
		const sid = freshSid();
		const id = await addDelivery(world.deps, await addUser(world.deps), { state: "sent", providerId: sid });
		return { id, sid };
	}

	it.each([
		[["sent", "delivered"], "delivered"],
		[["delivered", "sent"], "delivered"],
		[["delivered", "delivered", "sent", "sent"], "delivered"],
		[["sent", "undelivered"], "failed"],
		[["undelivered", "sent", "undelivered"], "failed"],
		[["delivered", "undelivered"], "delivered"],
		[["undelivered", "delivered"], "delivered"],
		[["failed", "sent", "read"], "delivered"],
	])("end in one state whatever their order and number: %j is %s (row 119)", async (statuses, state) => {
		const { id, sid } = await sent();
		for (const status of statuses) await record(receipt(sid, status));
		const row = await world.rowOf(id);
		expect(row.state).toBe(state);
		expect(row.error === null).toBe(state === "delivered");
		expect(row.settledAt).not.toBeNull();
	});

	it("keep why a message did not arrive, in the user's words and in the provider's (row 119)", async () => {
		const { id, sid } = await sent();
		expect(await record(receipt(sid, "undelivered", { errorCode: "30003" }))).toBe(true);
		expect(await record(receipt(sid, "undelivered", { errorCode: "30003" }))).toBe(false);
		expect(await world.rowOf(id)).toMatchObject({
			state: "failed",
			receipt: "undelivered 30003",
			error: "The phone is switched off or cannot be reached.",
		});
	});

	it("that come before the provider's answer is stored are not lost", async () => {
		const user = await addUser(world.deps);
		const id = await addDelivery(world.deps, user);
		const sid = freshSid();
		world.sms.results.push(async () => {
			await record(receipt(sid, "sent", { delivery: id }));
			await record(receipt(sid, "delivered", { delivery: id }));
			return { ok: true, providerId: sid, segments: 1 };
		});
		world.start();
		// The segments come with the answer, which is the last thing to be stored.
		await expect.poll(async () => (await world.rowOf(id)).segments).toBe(1);
		const row = await world.rowOf(id);
		expect(row).toMatchObject({ state: "delivered", receipt: "delivered", providerId: sid, attempts: 1 });
	});

	it("of a message whose answer was lost on the way save it from being sent twice", async () => {
		const id = await addDelivery(world.deps, await addUser(world.deps));
		const [claimed] = await claimDeliveries(world.deps.db, claim);
		if (claimed === undefined) throw new Error("nothing was claimed");
		const sid = freshSid();
		await settle(world.deps, claimed, busy, { ...atOnce, random: () => 0 });
		expect(await record(receipt(sid, "sent", { delivery: id }))).toBe(true);
		expect(await claimDeliveries(world.deps.db, claim)).toEqual([]);
		expect(await world.rowOf(id)).toMatchObject({ state: "sent", providerId: sid, error: null });
		expect(await record(receipt(freshSid(), "failed", { delivery: id }))).toBe(false);
		expect(await world.rowOf(id)).toMatchObject({ state: "sent" });
	});

	it("for a message that is not ours, or another channel's, change nothing", async () => {
		const { id, sid } = await sent();
		expect(await record(receipt(freshSid(), "failed"))).toBe(false);
		expect(await record({ ...receipt(sid, "failed"), channel: "telegram" })).toBe(false);
		expect(await record(receipt(freshSid(), "failed", { delivery: id }))).toBe(false);
		expect(await world.rowOf(id)).toMatchObject({ state: "sent", receipt: null });
	});

	it("that say opted out turn the channel off (row 105)", async () => {
		const user = await addUser(world.deps);
		const sid = freshSid();
		await addDelivery(world.deps, user, { state: "sent", providerId: sid });
		await record(receipt(sid, "failed", { errorCode: "21610" }));
		const [identity] = await world.deps.db.select().from(identities).where(eq(identities.userId, user.userId));
		expect(identity?.optedOutAt).not.toBeNull();
	});
});
