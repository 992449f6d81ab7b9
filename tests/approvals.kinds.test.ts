import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readApproval } from "../server/domain/approvals/read-approval.ts";
import { changeSettings } from "../server/domain/settings.ts";
import { storable } from "../src/contract/cut-text.ts";
import { type ApprovalWorld, approvalWorld, question } from "./helpers/approvals-world.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";

describe.each(databases)("what is asked on $name", { timeout: 60_000 }, ({ open: openDatabase }) => {
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
	const stateOf = async (id: string) => (await readApproval(world.deps, of(id))).state;

	describe("a question", () => {
		const colours = question("Which colour?", ["Red", "Blue"]);
		const asks = (...questions: ReturnType<typeof question>[]) =>
			({ kind: "question", summary: "", questions }) as const;

		it("is answered by number and by free text", async () => {
			const [one, two] = [await world.open(asks(colours)), await world.open(asks(colours))];
			expect(await world.said("b #1 2")).toContain("Claude gets your answer: Blue");
			expect((await world.row(one.id)).decision?.answers).toEqual({ "Which colour?": "Blue" });
			await world.say("b make it teal");
			expect((await world.row(two.id)).decision?.answers).toEqual({ "Which colour?": "make it teal" });
			expect(await world.acts()).toEqual(Array(2).fill(expect.stringMatching(/^phone approval.answer done/)));
		});

		it("of a form is answered when all of it is: one after the other, or at once", async () => {
			const form = asks(colours, question("Name?"), question("Sizes?", ["S", "M", "L"], { multi_select: true }));
			const { id } = await world.open(form);
			expect(await world.said("b 2")).toBe('(b) "migrate billing": question 2 of 3: Name?\nReply b #1 + your answer');
			expect(await stateOf(id)).toBe("open");
			expect(await world.said("b Ann")).toContain("question 3 of 3: Sizes?\n1 = S\n2 = M\n3 = L");
			expect(await world.said("b 1 3")).toContain("Claude gets your answer: Blue, Ann, S, L");
			expect((await world.row(id)).decision).toMatchObject({
				behavior: "allow",
				answers: { "Which colour?": "Blue", "Name?": "Ann", "Sizes?": ["S", "L"] },
			});
			const again = await world.open(asks(colours, question("Size?", ["S", "M"])));
			await world.say("b 1:1 2:2");
			expect((await world.row(again.id)).decision?.answers).toEqual({ "Which colour?": "Red", "Size?": "M" });
		});

		it("keeps what was answered when two phones answer different parts at the same moment", async () => {
			const { id } = await world.open(asks(colours, question("Size?", ["S", "M"])));
			await Promise.all([world.say("b 1:2"), world.say("b 2:1")]);
			expect((await world.row(id)).decision?.answers).toEqual({ "Which colour?": "Blue", "Size?": "S" });
		});

		it("does nothing for a number that is no option", async () => {
			const { id } = await world.open(asks(colours));
			expect(await world.said("b 3")).toContain('that is no answer to "Which colour?". Reply b #1 1 or b #1 2');
			expect(await stateOf(id)).toBe("open");
		});
	});

	describe("a plan and what an MCP server asks", () => {
		it("go ahead with y, and back with n and what to change", async () => {
			const plan = await world.open({ kind: "plan", tool_name: "ExitPlanMode", summary: "1. Do it" });
			expect(await world.said("b n split it up")).toContain("you said no to its plan. Claude gets your reason.");
			expect((await world.row(plan.id)).decision).toMatchObject({ behavior: "deny", message: "split it up" });
			const again = await world.open({ kind: "plan", tool_name: "ExitPlanMode", summary: "1. Do it" });
			await world.say("b y");
			expect((await world.row(again.id)).decision).toMatchObject({ behavior: "allow" });
		});

		it("are answered, or declined", async () => {
			const scope = question("scope", ["read", "write"]);
			const one = await world.open({ kind: "elicitation", summary: "github asks", questions: [scope] });
			await world.say("b 1");
			expect((await world.row(one.id)).decision).toMatchObject({ behavior: "allow", answers: { scope: "read" } });
			const two = await world.open({ kind: "elicitation", summary: "github asks", questions: [scope] });
			await world.say("b n");
			expect((await world.row(two.id)).decision).toMatchObject({ behavior: "deny" });
		});
	});

	describe("a permission", () => {
		it("never answers by anything that does not begin as a yes or a no, whatever it is (row 133)", async () => {
			const { id } = await world.open();
			const pieces = fc.constantFrom(
				"b",
				"d",
				"#1",
				"1",
				"2:1",
				"ok",
				"yes",
				"y",
				"allow",
				" ",
				":",
				"\n",
				"system:",
				"4821",
				"é",
			);
			const typed = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(""));
			const texts = fc.oneof(typed, fc.string({ unit: "binary", maxLength: 60 }).map(storable));
			await fc.assert(
				fc.asyncProperty(texts, fc.boolean(), async (text, pointed) => {
					fc.pre(!/^[\s(@b):]*(#1[:\s]*)?\s*(y|yes|allow|n|no|deny)\b/i.test(text));
					await world.say(text, pointed ? { pointer: world.session.id, pointedEvent: id } : {});
					expect(await stateOf(id)).toBe("open");
				}),
				{ numRuns: 150 },
			);
		}, 120_000);
	});

	it.each(["Bash(npm \u202etset)", "Bash(npm\n test)", "Bash(login token=abcdefgh12345678)"])(
		"offers no yes for the session where %j cannot be shown as it is (row 196)",
		async (session_grant) => {
			const { id } = await world.open({ summary: "npm test", session_grant });
			expect((await world.row(id)).sessionGrant).toBeNull();
			expect(await world.said("b y session")).toContain("It can be allowed once only.");
			expect(await stateOf(id)).toBe("open");
			expect(await world.said("b y")).toContain("you said yes");
		},
	);

	describe("what destroys", () => {
		const guarded = { summary: "rm -rf build", session_grant: "Bash(rm *)" };

		it("needs the four digits of its message, typed; a button asks for them", async () => {
			const { id } = await world.open(guarded);
			const { confirmCode, code, sessionGrant } = await world.row(id);
			expect(confirmCode).toMatch(/^\d{4}$/);
			expect(sessionGrant).toBeNull();
			expect(await world.said("b y")).toContain("to allow Bash: rm -rf build, reply b #1 y and the four digits");
			expect(await world.said(`${code}y`)).toContain("the four digits of its message");
			expect(await stateOf(id)).toBe("open");
			expect(await world.said(`b y ${confirmCode}`)).toContain("you said yes");
		});

		it("cannot be allowed from a phone after three wrong codes, and can still be denied (row 134)", async () => {
			const { id } = await world.open(guarded);
			const { confirmCode } = await world.row(id);
			const wrong = String((Number(confirmCode) + 1) % 10_000).padStart(4, "0");
			expect(await world.said(`b y ${wrong}`)).toContain("wrong code, 2 tries are left");
			expect(await world.said(`b y ${wrong}`)).toContain("wrong code, 1 try is left");
			expect(await world.said(`b y ${wrong}`)).toContain("No phone can allow it any more");
			expect(await world.said(`b y ${confirmCode}`)).toContain("No phone can allow it any more");
			expect(await stateOf(id)).toBe("open");
			expect(await world.acts()).toEqual([
				"phone approval.allow refused: #1: the code was wrong.",
				"phone approval.allow refused: #1: the code was wrong.",
				"phone approval.allow refused: #1: the code was wrong, and no phone can allow it any more.",
				"phone approval.allow refused: #1: too many wrong codes.",
			]);
			await world.say("b n");
			expect(await stateOf(id)).toBe("answered");
		});

		it("is what the user's list says, and what no phone of theirs shows whole or openly", async () => {
			const needsCode = async (summary: string, tool_name = "Bash") =>
				(await world.row((await world.open({ summary, tool_name })).id)).confirmCode !== null;
			expect(await needsCode("make deploy")).toBe(false);
			await changeSettings(world.deps, world.user.userId, { confirm: "make deploy, -npm publish" });
			expect(await needsCode("make deploy")).toBe(true);
			expect(await needsCode("npm publish")).toBe(false);
			expect(await needsCode(`echo ${"x".repeat(1500)}`)).toBe(true);
			expect(await needsCode(`src/app.ts\n${"+ more\n".repeat(300)}`, "Edit")).toBe(false);
			expect(await needsCode("ls \u202egpj.sh")).toBe(true);
			expect(await needsCode("src/app.ts\n+ ls \u202egpj.sh", "Edit")).toBe(true);
			expect(await needsCode("ls")).toBe(false);
		});
	});
});
