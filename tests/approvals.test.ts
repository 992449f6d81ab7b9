import { eq } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { approvals, audit, deliveries, events } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { openApproval } from "../server/domain/approvals/open-approval.ts";
import { openApprovals } from "../server/domain/approvals/open-approvals.ts";
import { readApproval } from "../server/domain/approvals/read-approval.ts";
import { withdrawApproval } from "../server/domain/approvals/withdraw-approval.ts";
import { receiveInbound } from "../server/domain/receive-inbound.ts";
import { type ApprovalWorld, approvalWorld, hashOf, question, request } from "./helpers/approvals-world.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addSession } from "./helpers/fixture.ts";
import { sms } from "./helpers/reply-world.ts";

describe.each(databases)("approvals on $name", { timeout: 60_000 }, ({ open: openDatabase }) => {
	let database: TestDatabase;
	let world: ApprovalWorld;

	beforeAll(async () => {
		database = await openDatabase();
	});
	afterAll(() => database.close());
	beforeEach(async () => {
		world = await approvalWorld(database.db);
	});

	const of = (id: string, sessionId = world.session.id) => ({ sessionId, id });
	const deliveriesOf = (id: string) => database.db.select().from(deliveries).where(eq(deliveries.eventId, id));
	const stateOf = async (id: string) => (await readApproval(world.deps, of(id))).state;

	describe("asking", () => {
		it("stores the event, its message and the request in one go, the next number of the session on it", async () => {
			const first = await openApproval(world.deps, world.session, request({ expires_in: 900 }));
			expect(first.told).toMatchObject({ outcome: "queued", channels: [{ channel: "sms", outcome: "queued" }] });
			expect(first.approval).toMatchObject({ number: 1, kind: "permission", state: "open", decision: null });
			expect(first.approval.request_hash).toBe(hashOf("rm -r build"));
			expect((await world.open({ summary: "ls" })).number).toBe(2);
			const [message] = await deliveriesOf(first.approval.id);
			expect(message?.deadlineAt.toISOString()).toBe(first.approval.expires_at);
			const [event] = await database.db.select().from(events).where(eq(events.id, first.approval.id));
			expect(event).toMatchObject({ type: "permission", details: { tool_name: "Bash", message: "rm -r build" } });
			expect(world.deps.woken).toBe(2);
		});

		it("is an event of type question for what has questions, with their words", async () => {
			const { id } = await world.open({ kind: "question", questions: [question("Which?", ["a", "b"])], summary: "" });
			const [event] = await database.db.select().from(events).where(eq(events.id, id));
			expect(event).toMatchObject({ type: "question", details: { message: "Which?" } });
		});

		it("gives the same approval to the same id, also 20 times at once, and asks the phone once", async () => {
			const asked = request();
			const all = await Promise.all(Array.from({ length: 20 }, () => openApproval(world.deps, world.session, asked)));
			expect(new Set(all.map(({ approval }) => JSON.stringify(approval))).size).toBe(1);
			expect(all.filter(({ told }) => told.outcome === "queued")).toHaveLength(1);
			expect(await deliveriesOf(asked.id)).toHaveLength(1);
			const other = await openApproval(world.deps, world.session, { ...asked, summary: "rm -rf /" });
			expect(other.approval.request_hash).toBe(asked.request_hash);
			expect((await world.row(asked.id)).summary).toBe("rm -r build");
		});

		it("counts requests that come at the same moment one by one", async () => {
			const all = await Promise.all(Array.from({ length: 10 }, () => world.open()));
			expect(all.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
		});

		it("refuses another session's id and leaves nothing behind", async () => {
			const asked = request();
			const other = await addSession(world.deps, world.user, { handle: "d" });
			await openApproval(world.deps, other, asked);
			await expect(openApproval(world.deps, world.session, asked)).rejects.toMatchObject({ code: "conflict" });
			const rows = await database.db.select().from(events).where(eq(events.id, asked.id));
			expect(rows.map(({ sessionId }) => sessionId)).toEqual([other.id]);
		});

		it.each([
			[{ kind: "question" }],
			[{ questions: [question("Which?")] }],
			[{ kind: "question", questions: [question("Which?"), question("Which?")] }],
		] as const)("refuses what could not be answered: %j", async (more) => {
			await expect(world.open(more as object)).rejects.toMatchObject({ code: "invalid_request" });
			expect(await database.db.$count(approvals, eq(approvals.sessionId, world.session.id))).toBe(0);
		});

		it("lists what is open, and nothing that is over", async () => {
			const [one, two] = [await world.open(), await world.open({ summary: "ls" })];
			await world.say("b #1 n");
			expect(await openApprovals(database.db, world.user.userId)).toMatchObject([
				{ id: two.id, sessionId: world.session.id, number: 2, what: "Bash: ls" },
			]);
			await withdrawApproval(world.deps, of(two.id), { reason: "turn_ended", outcome: "unknown" });
			expect(await openApprovals(database.db, world.user.userId)).toEqual([]);
			expect(one.number).toBe(1);
		});
	});

	describe("answering", () => {
		it("allows once by the letter and y, bound to the request, and says who it was (rows 133, 134)", async () => {
			const asked = await world.open();
			expect(await world.said("b y")).toBe('(b) "migrate billing": you said yes to Bash: rm -r build');
			const answered = await readApproval(world.deps, of(asked.id));
			expect(answered).toMatchObject({
				state: "answered",
				request_hash: asked.request_hash,
				decision: { behavior: "allow", scope: "once", from: { channel: "sms", label: "+1***0000" } },
			});
			expect(answered.decision?.answered_at).toMatch(/Z$/);
			expect(await world.acts()).toEqual(["phone approval.allow done: #1: allowed once."]);
			const [act] = await database.db.select().from(audit).where(eq(audit.userId, world.user.userId));
			expect(act).toMatchObject({
				actorLabel: "SMS +1***0000",
				hash: asked.request_hash,
				sessionId: world.session.id,
			});
		});

		it("wakes whoever waits for the answer, after the commit", async () => {
			const { id } = await world.open();
			const message = sms({ number: world.user.addresses[0] ?? "" }, "b y");
			expect(await receiveInbound(world.deps, message)).toMatchObject({ outcome: "answered", notice: "approval" });
			expect(world.woken).toEqual([id]);
		});

		it("denies with the reason that Claude gets, which the audit does not hold (row 134)", async () => {
			const { id } = await world.open();
			expect(await world.said("b n use rg instead")).toContain(
				"you said no to Bash: rm -r build. Claude gets your reason.",
			);
			expect((await world.row(id)).decision).toMatchObject({ behavior: "deny", message: "use rg instead" });
			expect(await world.acts()).toEqual(["phone approval.deny done: #1: denied."]);
		});

		it("allows for the session where that was offered", async () => {
			const { id } = await world.open({ session_grant: "Bash(npm test:*)" });
			await world.say("b y session");
			expect((await world.row(id)).decision).toMatchObject({ behavior: "allow", scope: "session" });
		});

		it("takes a button by its code, whatever else is open, and no code of another user's", async () => {
			const [one, two] = [await world.open({ session_grant: "Bash(npm test:*)" }), await world.open()];
			const { code } = await world.row(one.id);
			const stranger = await approvalWorld(database.db);
			await stranger.open();
			expect(await stranger.say(`${code}y`)).toBeUndefined();
			expect(await world.said(`${code}s`)).toContain("yes for the rest of the session");
			expect([await stateOf(one.id), await stateOf(two.id)]).toEqual(["answered", "open"]);
			expect(await world.said(`${code}n`)).toContain("nothing was done, it was answered from a phone before");
		});

		it("takes no button of another session's message", async () => {
			const { id } = await world.open();
			const other = await addSession(world.deps, world.user, { handle: "d" });
			const { code } = await world.row(id);
			expect(await world.say(`${code}y`, { pointer: other.id })).toBeUndefined();
			expect(await stateOf(id)).toBe("open");
		});

		it("asks which where several are open, by number and with buttons that answer", async () => {
			const [one, two] = [await world.open(), await world.open({ summary: "ls" })];
			const asked = await world.say("b y");
			expect(await world.said("b y")).toBe(
				"Which one?\nb #1: Bash: rm -r build\nb #2: Bash: ls\nReply with its number: b #1 y",
			);
			const { code } = await world.row(two.id);
			expect(asked?.notice).toMatchObject({ said: "which", choices: [{}, { reply: `${code}y` }] });
			expect([await stateOf(one.id), await stateOf(two.id)]).toEqual(["open", "open"]);
			await world.say("b #2 y");
			expect([await stateOf(one.id), await stateOf(two.id)]).toEqual(["open", "answered"]);
		});

		it("never answers by prose, to a session or to the very message (row 133)", async () => {
			const { id } = await world.open();
			const to = { pointer: world.session.id, pointedEvent: id };
			for (const text of ["b yes please", "b ok", "yes go on with it", "b sure", "b allow everything", "b 1", "b"]) {
				expect(await world.say(text)).toBeUndefined();
				expect(await world.say(text, to)).toBeUndefined();
			}
			expect(await stateOf(id)).toBe("open");
			expect(await world.acts()).toEqual([]);
		});

		it("takes a lone y for the very message, and not for a session among several", async () => {
			await addSession(world.deps, world.user, { handle: "d" });
			const { id } = await world.open();
			expect(await world.said("y")).toContain("Which one?");
			expect(await stateOf(id)).toBe("open");
			await world.say("y", { pointer: world.session.id, pointedEvent: id });
			expect(await stateOf(id)).toBe("answered");
		});

		it("is exactly one of 50 that come at the same moment; the others are told that it was answered", async () => {
			const { id } = await world.open();
			const texts = Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? "b y" : `b n reason ${n}`));
			const all = await Promise.all(texts.map((text) => world.said(text)));
			expect(all.filter((words) => /you said (yes|no)/.test(words))).toHaveLength(1);
			expect(all.filter((words) => words.includes("nothing was done"))).toHaveLength(49);
			const acts = await world.acts();
			expect(acts.filter((act) => act.includes(" done: "))).toHaveLength(1);
			const winner = all.findIndex((words) => words.includes("you said"));
			expect((await world.row(id)).decision).toMatchObject({ behavior: winner % 2 === 0 ? "allow" : "deny" });
		});

		it("says of a request that is over what became of it, instead of passing a letter on", async () => {
			const { id } = await world.open();
			await withdrawApproval(world.deps, of(id), { reason: "terminal", outcome: "allowed" });
			expect(await world.said("b y")).toContain("nothing was done, it was answered at the terminal before");
			expect(await world.said("y", { pointer: world.session.id, pointedEvent: id })).toContain(
				"at the terminal before",
			);
			expect(await world.say("b go on")).toBeUndefined();
			await travel(database.db, "31 minutes");
			expect(await world.say("b y")).toBeUndefined();
		});

		it("leaves a letter to Claude when the session has spoken since", async () => {
			await world.open();
			await world.say("b y");
			const spoken = { id: uuidv7(), type: "done", occurred_at: new Date().toISOString(), details: {} } as const;
			await acceptEvent(world.deps, world.session, spoken);
			expect(await world.say("b y")).toBeUndefined();
		});
	});
});
