import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveries, sessions } from "../server/db/schema.ts";
import { openApproval } from "../server/domain/approvals/open-approval.ts";
import { readApproval } from "../server/domain/approvals/read-approval.ts";
import { withdrawApproval } from "../server/domain/approvals/withdraw-approval.ts";
import { sendDigests } from "../server/domain/digest.ts";
import { muteAll } from "../server/domain/mute.ts";
import { changeSettings } from "../server/domain/settings.ts";
import { askPhone } from "./helpers/approvals-http.ts";
import { approvalWorld, request } from "./helpers/approvals-world.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { pairedPerson, startReplyServer, startSession } from "./helpers/reply-server.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("a request and the quiet of a phone on $name", { timeout: 60_000 }, ({ open }) => {
	let database: TestDatabase;
	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());

	const messagesOf = (id: string) => database.db.select().from(deliveries).where(eq(deliveries.eventId, id));

	it("is open all the same while everything is muted, and told in the digest (row 133)", async () => {
		const world = await approvalWorld(database.db);
		await muteAll(database.db, world.user.userId, 300);
		const { told, approval } = await openApproval(world.deps, world.session, request());
		expect(told).toMatchObject({ outcome: "muted", why: expect.stringContaining("Everything was muted") });
		expect(await messagesOf(approval.id)).toEqual([]);
		await travel(database.db, "310 seconds");
		await sendDigests(world.deps);
		expect((await world.notices()).join()).toContain("Bash: rm -r build");
		await world.say("b y");
		expect(await readApproval(world.deps, { sessionId: world.session.id, id: approval.id })).toMatchObject({
			state: "answered",
			decision: { behavior: "allow" },
		});
	});

	it("is not told to a person who sits at the computer, and can be answered there", async () => {
		const world = await approvalWorld(database.db);
		await changeSettings(world.deps, world.user.userId, { presence: 60 });
		const { told, approval } = await openApproval(world.deps, world.session, request({ present: true }));
		expect(told.outcome).toBe("present");
		expect(await messagesOf(approval.id)).toEqual([]);
		const about = { sessionId: world.session.id, id: approval.id };
		await withdrawApproval(world.deps, about, { reason: "terminal", outcome: "allowed" });
		expect(await world.notices()).toEqual([]);
	});

	it("is told to a person who has answered from the phone since they typed, whatever a late heartbeat says", async () => {
		const world = await approvalWorld(database.db);
		await changeSettings(world.deps, world.user.userId, { presence: 60 });
		await database.db.update(sessions).set({ attendedAt: sql`now()` }).where(eq(sessions.id, world.session.id));
		expect((await openApproval(world.deps, world.session, request())).told.outcome).toBe("present");
		expect((await openApproval(world.deps, world.session, request({ attended: null }))).told.outcome).toBe("queued");
	});

	it("is open beyond the limit of messages too: the answer says that nobody was told", async () => {
		const world = await approvalWorld(database.db);
		for (let n = 0; n < 20; n++)
			expect((await openApproval(world.deps, world.session, request())).told.outcome).toBe("queued");
		const { told, approval } = await openApproval(world.deps, world.session, request());
		expect(told).toMatchObject({ outcome: "limited", rate_limited: true });
		expect(approval).toMatchObject({ state: "open", number: 21 });
	});

	it("waits with the messages of who wants them late, and takes them back when the terminal was first", async () => {
		const world = await approvalWorld(database.db);
		await changeSettings(world.deps, world.user.userId, { delay: 60 });
		const { told, approval } = await openApproval(world.deps, world.session, request());
		expect(told.delay).toBe(60);
		const about = { sessionId: world.session.id, id: approval.id };
		await withdrawApproval(world.deps, about, { reason: "terminal", outcome: "allowed" });
		expect(await messagesOf(approval.id)).toMatchObject([{ state: "dropped" }]);
	});

	it("that is over sends nothing any more, though another channel was to take over", async () => {
		await using it_ = await startReplyServer(database);
		const person = await pairedPerson(it_);
		const session = await startSession(it_, person);
		const { id } = await askPhone(it_, session, { summary: "npm run never" });
		const sent = () => it_.twilio.sent.filter(({ body }) => body.includes("Wants to use Bash: npm run never"));
		await until(
			async () => (await messagesOf(id)).some(({ state }) => state === "delivered"),
			20_000,
			() => "the phone was not asked",
		);
		await it_.twilio.reply(person.number, `${session.handle} y`);
		await database.db
			.update(deliveries)
			.set({ state: "pending", attempts: 0, nextAttemptAt: sql`now()`, sentAt: null, settledAt: null })
			.where(and(eq(deliveries.eventId, id)));
		await until(
			async () => (await messagesOf(id)).some(({ state }) => state === "dropped"),
			20_000,
			async () => JSON.stringify(await messagesOf(id)),
		);
		expect(sent()).toHaveLength(1);
	});
});
