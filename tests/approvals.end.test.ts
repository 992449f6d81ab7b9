import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deliveries, sessions } from "../server/db/schema.ts";
import { expireApprovals } from "../server/domain/approvals/expire-approvals.ts";
import { readApproval } from "../server/domain/approvals/read-approval.ts";
import { recordApprovalReceipt } from "../server/domain/approvals/record-approval-receipt.ts";
import { withdrawApproval } from "../server/domain/approvals/withdraw-approval.ts";
import { type ApprovalWorld, approvalWorld } from "./helpers/approvals-world.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";

describe.each(databases)("the end of a request on $name", { timeout: 60_000 }, ({ open: openDatabase }) => {
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

	describe("the end of a request", () => {
		it("comes once: of a phone and a terminal at the same moment one wins, and the other is told", async () => {
			for (let round = 0; round < 8; round++) {
				const { id } = await world.open();
				await world.delivered();
				const [said, withdrawn] = await Promise.all([
					world.said("b y"),
					withdrawApproval(world.deps, of(id), { reason: "terminal", outcome: "denied" }),
				]);
				const phoneWon = said.includes("you said yes");
				expect(withdrawn.state).toBe(phoneWon ? "answered" : "withdrawn");
				expect(withdrawn.decision === null).toBe(!phoneWon);
				if (!phoneWon) expect(said).toContain("nothing was done, it was answered at the terminal before");
				expect((await world.row(id)).state).toBe(phoneWon ? "answered" : "withdrawn");
			}
		});

		it("takes back the message that has not left, and tells nobody who knows of nothing", async () => {
			const { id } = await world.open();
			expect(await withdrawApproval(world.deps, of(id), { reason: "terminal", outcome: "allowed" })).toMatchObject({
				state: "withdrawn",
				decision: null,
			});
			expect(await deliveriesOf(id)).toMatchObject([{ state: "dropped", error: "It was answered at the terminal." }]);
			expect(await world.notices()).toEqual([]);
			expect(world.woken).toContain(id);
			expect(await world.acts()).toEqual(["computer approval.withdraw done: #1: It was answered at the terminal."]);
		});

		it.each([
			["terminal", "allowed", "allowed at the terminal: Bash: rm -r build"],
			["terminal", "denied", "denied at the terminal: Bash: rm -r build"],
			["turn_ended", "unknown", "no answer is needed any more: Bash: rm -r build"],
		] as const)("by %s (%s) is told where the message had left, once", async (reason, outcome, words) => {
			const { id } = await world.open();
			await world.delivered();
			for (let n = 0; n < 3; n++) await withdrawApproval(world.deps, of(id), { reason, outcome });
			expect(await world.notices()).toEqual([`(b) "migrate billing": ${words}`]);
		});

		it("comes by itself when nobody answers in time: told once, audited, and nothing counts any more (rows 133, 134)", async () => {
			const { id } = await world.open({ expires_in: 60 });
			await world.delivered();
			await travel(database.db, "61 seconds");
			expect(await stateOf(id)).toBe("expired");
			expect(await world.said("b y")).toContain("nothing was done, its time was over");
			await Promise.all([expireApprovals(world.deps), expireApprovals(world.deps)]);
			await expireApprovals(world.deps);
			expect(await world.notices()).toEqual([
				'(b) "migrate billing": nobody answered in time: Bash: rm -r build. Only the computer can answer it now.',
			]);
			expect(await world.acts()).toEqual(["server approval.expire done: #1: Nobody answered it in time."]);
			expect(world.woken).toContain(id);
			expect((await world.row(id)).decision).toBeNull();
		});

		it("comes with that of its session", async () => {
			const { id } = await world.open();
			await database.db.update(sessions).set({ status: "ended" }).where(eq(sessions.id, world.session.id));
			expect(await world.said(`${(await world.row(id)).code}y`)).toContain("it is no longer asked");
			await expireApprovals(world.deps);
			expect(await world.row(id)).toMatchObject({ state: "withdrawn", withdrawnReason: "session_ended" });
		});

		it("is never an answer: whatever happens to a request, only a phone decides it (row 133)", async () => {
			const ids = await Promise.all(Array.from({ length: 4 }, async () => (await world.open({ expires_in: 60 })).id));
			await withdrawApproval(world.deps, of(ids[0] ?? ""), { reason: "terminal", outcome: "allowed" });
			await withdrawApproval(world.deps, of(ids[1] ?? ""), { reason: "cancelled", outcome: "unknown" });
			await travel(database.db, "2 minutes");
			await expireApprovals(world.deps);
			for (const id of ids) expect((await readApproval(world.deps, of(id))).decision).toBeNull();
		});
	});

	describe("the receipt", () => {
		it("that it came too late is told to the phone that had answered, once", async () => {
			const { id } = await world.open();
			await world.say("b y");
			for (let n = 0; n < 2; n++) await recordApprovalReceipt(world.deps, of(id), { state: "too_late" });
			expect(await world.notices()).toEqual([
				'(b) "migrate billing": your answer came too late, the terminal was first: Bash: rm -r build',
			]);
			expect(await world.acts()).toContain(
				"computer approval.too_late refused: #1: the terminal had answered before the phone's answer came.",
			);
		});

		it("that it was applied tells nothing new, and a later one changes nothing", async () => {
			const { id } = await world.open();
			await world.say("b y");
			await recordApprovalReceipt(world.deps, of(id), { state: "applied" });
			await recordApprovalReceipt(world.deps, of(id), { state: "too_late" });
			expect((await world.row(id)).receipt).toBe("applied");
			expect(await world.notices()).toEqual([]);
		});

		it("of what nobody answered is refused", async () => {
			const { id } = await world.open();
			const receipt = recordApprovalReceipt(world.deps, of(id), { state: "applied" });
			await expect(receipt).rejects.toMatchObject({ code: "conflict" });
		});
	});
});
