import fc from "fast-check";
import { SegmentedMessage } from "sms-segments-calculator";
import { describe, expect, it } from "vitest";
import { type ApprovalQuestion, maxSessionGrant } from "../../../src/contract/approvals.ts";
import type { MessageStyle } from "../../channels/channel.ts";
import { definition as email } from "../../channels/email-definition.ts";
import { ntfy } from "../../channels/ntfy.ts";
import { sms as smsChannel } from "../../channels/sms.ts";
import { telegram as telegramChannel } from "../../channels/telegram.ts";
import { renderMessage } from "../render-message.ts";
import type { ApprovalAsked } from "./approval-words.ts";
import { fitSummary, shownLine } from "./shown-text.ts";

const sms = smsChannel.definition.style;
const telegram = telegramChannel.definition.style;
const push = ntfy.definition.style;
const code = "bcdfghjkmp";

function message(more: Partial<ApprovalAsked>, style: MessageStyle = sms, template?: string) {
	const approval: ApprovalAsked = {
		kind: "permission",
		number: 3,
		code,
		tool_name: "Bash",
		summary: "rm -r build",
		cwd: "/home/ann/api",
		session_grant: null,
		questions: [],
		confirm_code: null,
		others_open: false,
		...more,
	};
	return renderMessage(
		{
			kind: "event",
			type: approval.kind === "question" ? "question" : "permission",
			details: { message: approval.summary },
			description: "migrate billing",
			handle: "b",
			held: undefined,
			template: template ?? null,
			approval,
		},
		style,
	);
}
const textOf = (...given: Parameters<typeof message>) => message(...given).text;
const buttons = (...given: Parameters<typeof message>) =>
	message(...given).actions.map(({ label, reply }) => `${label}: ${reply.slice(code.length)}`);
const question = (asked: string, labels: string[], more: Partial<ApprovalQuestion> = {}): ApprovalQuestion => ({
	key: asked,
	question: asked,
	options: labels.map((label) => ({ label })),
	multi_select: false,
	...more,
});
const head = '(b) Claude: "migrate billing"\n';
const guarded = { summary: "git push --force", confirm_code: "4821" };

describe("a permission on the phone", () => {
	it("says by SMS the whole command, its folder and how to answer, in one segment", () => {
		const text = textOf({});
		expect(text).toBe(
			`${head}Wants to use Bash: rm -r build\nIn /home/ann/api\n\nReply b y or b n. Reply STOP to disable`,
		);
		expect(new SegmentedMessage(text)).toMatchObject({ encodingName: "GSM-7", segmentsCount: 1 });
	});

	it("says the same where there are buttons, and that a no can have a reason", () => {
		expect(textOf({}, telegram)).toBe(
			`🔐 ${head}Wants to use Bash: rm -r build\nIn /home/ann/api\n\nReply b y or b n and why`,
		);
		expect(buttons({}, telegram)).toEqual(["Allow: y", "Deny: n"]);
		expect(textOf({}, email.style)).toContain(
			"Wants to use Bash: rm -r build\nIn /home/ann/api\n\nReply b y or b n and why",
		);
		expect(message({}, telegram).parts).toMatchObject({ label: "Wants to use Bash: ", text: "rm -r build", log: true });
	});

	it("says what a yes for the session allows where it offers one", () => {
		const offered = { summary: "npm test", session_grant: "Bash(npm test:*)" };
		expect(textOf(offered, telegram)).toBe(
			`🔐 ${head}Wants to use Bash: npm test\nIn /home/ann/api\nFor the session: Bash(npm test:*)\n\nReply b y, b n and why or b y session`,
		);
		expect(buttons(offered, telegram)).toEqual(["Allow: y", "Deny: n", "Allow for this session: s"]);
		const bySms = textOf(offered);
		expect(bySms).toContain(
			"\nFor the session: Bash(npm test:*)\n\nReply b y, b n or b y session. Reply STOP to disable",
		);
		expect(new SegmentedMessage(bySms)).toMatchObject({ encodingName: "GSM-7", segmentsCount: 2 });
	});

	it("names its number where several are open", () => {
		expect(textOf({ others_open: true })).toContain("\n\nReply b #3 y or b #3 n. Reply");
	});

	it("that destroys shows its code, and offers no yes where none can be typed", () => {
		expect(textOf(guarded)).toBe(
			`${head}Wants to use Bash: git push --force\nIn /home/ann/api\n\nReply b y 4821 to allow it, or b n. Reply STOP to disable`,
		);
		expect(buttons(guarded, telegram)).toEqual(["Allow: y", "Deny: n"]);
		expect(buttons(guarded, push)).toEqual(["Deny: n"]);
		expect(textOf(guarded, push)).toBe(
			`🔐 ${head}Wants to use Bash: git push --force\nIn /home/ann/api\nA yes needs a code, which cannot be typed here.`,
		);
	});

	it("keeps the lines of a diff", () => {
		const edit = { tool_name: "Edit", summary: "src/app.ts\n-const a = 1;\n+const a = 2;" };
		expect(textOf(edit)).toContain("Wants to use Edit:\nsrc/app.ts\n-const a = 1;\n+const a = 2;\nIn /home/ann/api\n");
	});

	it("takes more segments instead of cutting, and says so where even these are too few", () => {
		const fits = textOf({ summary: `echo ${"x".repeat(880)}` });
		expect(fits).toContain("x".repeat(880));
		expect(new SegmentedMessage(fits).segmentsCount).toBeGreaterThan(5);
		const cut = textOf({ summary: `echo ${"x".repeat(2000)}`, confirm_code: "4821" });
		expect(cut).toMatch(
			/x\.\.\.\nIn \/home\/ann\/api\nThis is cut: 1\d\d\d characters are missing\.\n\nReply b y 4821/,
		);
		expect(cut.length).toBeLessThanOrEqual(1600);
		expect(textOf({ summary: "y".repeat(4096) }, email.style)).toContain("This is cut: the rest is missing.");
	});

	it("hides no letter of a command that SMS has not: it is sent as it is", () => {
		const text = textOf({ summary: "rm -r 文档" });
		expect(text).toContain("rm -r 文档\n");
		expect(new SegmentedMessage(text).encodingName).toBe("UCS-2");
		expect(new SegmentedMessage(textOf({ summary: "echo “ok” `date`", cwd: "/srv/文档" })).encodingName).toBe("GSM-7");
	});

	it("shows no secret, and says where something stood that steers or hides (row 196)", () => {
		const hostile = "ls \u202egpj.sh\u001b[2J token=abcdefgh12345678";
		expect(textOf({ summary: hostile })).toContain(
			"Wants to use Bash: ls gpj.sh token=***\nIn /home/ann/api\nIt holds hidden characters, which are not shown.\n",
		);
		// A lone CR would leave only the end of it on a screen.
		expect(textOf({ summary: "rm -r build\recho hello" })).toContain("rm -r build\necho hello");
	});

	it("is whole in a user's own words too", () => {
		const template = "{{handle}} needs you";
		expect(textOf({}, telegram, template)).toBe(
			"b needs you\nBash: rm -r build\nIn /home/ann/api\n\nReply b y or b n and why",
		);
		expect(textOf(guarded, sms, "Look: {{text}}!")).toBe(
			"Look: Bash: git push --force!\nIn /home/ann/api\n\nReply b y 4821 to allow it, or b n. Reply STOP to disable",
		);
	});

	it("has all of the command or says that it is cut, never more than the channel takes, whatever an agent wrote", () => {
		const texts = fc.string({ unit: "binary", maxLength: 1500 });
		const styles = fc.constantFrom(sms, telegram, push, email.style);
		fc.assert(
			fc.property(texts, texts, texts, texts, styles, (summary, tool_name, cwd, rule, style) => {
				// As it is kept: a line that shows all of it.
				const session_grant = shownLine(rule, maxSessionGrant);
				const { text, parts } = message({ summary, tool_name, cwd, session_grant }, style);
				expect(text).toContain(`\nFor the session: ${session_grant}`);
				expect(text.length).toBeLessThanOrEqual(style.maxLength);
				expect(text.isWellFormed()).toBe(true);
				expect(text.replace(/[\n\t]/g, "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
				const { text: shown, missing } = fitSummary(summary, style);
				expect(text.replace(/\s+/g, " ")).toContain(shown.replace(/\s+/g, " ").trim());
				expect(text.includes("This is cut")).toBe(missing > 0);
				expect(parts.title).toContain("migrate billing");
			}),
			{ numRuns: 1000 },
		);
	});
});

describe("a plan on the phone", () => {
	it("says it without Markdown, and how to go on", () => {
		const plan = { kind: "plan", cwd: null, summary: "1. **Move** the module\n2. Run `npm test`" } as const;
		expect(textOf(plan)).toBe(
			`${head}Has a plan:\n1. Move the module\n2. Run 'npm test'\n\nReply b y to go ahead, or b n and what to change. Reply STOP to disable`,
		);
		expect(buttons(plan, telegram)).toEqual(["Go ahead: y", "Keep planning: n"]);
	});
});

describe("a question on the phone", () => {
	const asks = (...questions: ApprovalQuestion[]) => ({ kind: "question", summary: "", cwd: null, questions }) as const;
	const database = question("Which database?", ["Postgres", "SQLite"]);

	it("has its options under their numbers, and as buttons", () => {
		expect(textOf(asks(database))).toBe(
			`${head}Asks:\nWhich database?\n1 = Postgres\n2 = SQLite\n\nReply b 1 or b 2, or b + your own words. Reply STOP to disable`,
		);
		expect(buttons(asks(database), telegram)).toEqual(["Postgres: 1x1", "SQLite: 1x2"]);
	});

	it("says where several options are wanted, and where there are none", () => {
		const many = asks({ ...database, multi_select: true });
		expect(textOf(many)).toContain("\n\nReply b and the numbers (b 1 2), or b + your own words. Reply STOP");
		expect(buttons(many, telegram)).toEqual([]);
		expect(textOf(asks(question("What name?", [])))).toBe(
			`${head}Asks: What name?\n\nReply b + your answer. Reply STOP to disable`,
		);
	});

	it("shows a form whole, and one question at a time where it is too long for that", () => {
		const form = asks(database, question("Size?", ["S", "L"]));
		expect(textOf(form)).toBe(
			`${head}Asks 2 questions:\n1) Which database?\n1 = Postgres\n2 = SQLite\n2) Size?\n1 = S\n2 = L\n\nReply to all (b 1:2 2:1) or to one at a time (b 2). Reply STOP to disable`,
		);
		const long = question("z".repeat(600), ["S", "L"]);
		expect(textOf(asks({ ...database, key: "1" }, long, { ...long, key: "3" }))).toBe(
			`${head}Asks 3 questions, the first:\nWhich database?\n1 = Postgres\n2 = SQLite\n\nReply b 1 or b 2, or b + your own words. Reply STOP to disable`,
		);
	});

	it("gives up descriptions before options where there is little room", () => {
		const options = Array.from({ length: 9 }, (_, n) => ({ label: `option ${n + 1}`, description: "d".repeat(280) }));
		const crowded = asks({ ...database, options });
		for (const style of [sms, push]) {
			const text = textOf(crowded, style);
			for (const { label } of options) expect(text).toContain(label);
			expect(text).not.toContain("ddd");
		}
		expect(textOf(crowded, telegram)).toContain(`1 = option 1 (${"d".repeat(280)})`);
	});

	it("of an MCP server can be declined", () => {
		const relayed = { ...asks(database), kind: "elicitation", summary: "github asks" } as const;
		expect(textOf(relayed)).toContain("Asks:\ngithub asks\nWhich database?");
		expect(textOf(relayed)).toContain(", or b n to decline.");
		expect(buttons(relayed, telegram)).toEqual(["Postgres: 1x1", "SQLite: 1x2", "Decline: n"]);
	});

	it("has only buttons of [a-z0-9], at most 20 characters", () => {
		for (const { reply } of message(asks(database, question("Size?", ["S", "L"])), telegram).actions) {
			expect(reply).toMatch(/^[a-z0-9]{1,20}$/);
		}
	});
});
