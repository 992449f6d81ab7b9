import type { ApprovalDecision, ApprovalQuestion } from "../../../src/contract/approvals.ts";
import { sameSecret } from "../secrets.ts";
import type { ApprovalRow } from "./approval-row.ts";
import { howToAnswer } from "./approval-words.ts";
import type { ReadAnswer, Said } from "./read-answer.ts";

type Answers = ApprovalRow["answers"];
type Answered = Pick<ReadAnswer, "said" | "text">;
type Judged = Pick<
	ApprovalRow,
	"kind" | "number" | "handle" | "session_grant" | "questions" | "answers" | "confirm_code" | "wrong_codes"
>;

export type Verdict =
	| { to: "decide"; decision: Pick<ApprovalDecision, "behavior" | "scope" | "message" | "answers"> }
	/** A form of which not all is answered yet. */
	| { to: "go_on"; answers: Answers }
	| { to: "ask_code"; wrong: boolean }
	| { to: "locked" }
	/** It was no answer to this; nothing happens. */
	| { to: "explain"; hint: string };

/** So many wrong codes, and no phone can allow it any more. */
export const maxWrongCodes = 3;

/** What an answer means for a request that is open. Pure; whatever is not clearly an answer explains and does nothing. */
export function judgeAnswer(request: Judged, answer: Answered): Verdict {
	const { said } = answer;
	const form = request.kind === "question" || request.kind === "elicitation";
	if (form && request.questions.length > 0) return judgeForm(request, answer);
	if (said.is === "no") return deny(said.reason);
	if (said.is !== "yes") return explain(`Reply ${nameOf(request)} y or ${nameOf(request)} n`);
	return judgeYes(request, said);
}

const nameOf = ({ handle, number }: Judged) => `${handle ?? ""} #${number}`.trim();
const explain = (hint: string): Verdict => ({ to: "explain", hint });

function deny(reason: string | undefined): Verdict {
	const message = reason === undefined ? {} : { message: reason };
	return { to: "decide", decision: { behavior: "deny", scope: "once", ...message } };
}

function judgeYes(request: Judged, { scope, confirm }: Extract<Said, { is: "yes" }>): Verdict {
	const { confirm_code, wrong_codes, session_grant } = request;
	if (confirm_code !== null) {
		if (wrong_codes >= maxWrongCodes) return { to: "locked" };
		if (confirm === undefined) return { to: "ask_code", wrong: false };
		if (!sameSecret(confirm, confirm_code)) return { to: "ask_code", wrong: true };
	} else if (confirm !== undefined)
		return explain(`This one needs no code. Reply ${nameOf(request)} y or ${nameOf(request)} n`);
	if (scope === "session" && session_grant === null) {
		return explain(`It can be allowed once only. Reply ${nameOf(request)} y or ${nameOf(request)} n`);
	}
	return { to: "decide", decision: { behavior: "allow", scope } };
}

function judgeForm(request: Judged, { said, text }: Answered): Verdict {
	const { questions, answers, kind } = request;
	const next = questions.find(({ key }) => !Object.hasOwn(answers, key)) ?? questions[0];
	if (next === undefined) return explain("There is nothing to answer");
	const given = said.is === "pairs" ? pairsGiven(questions, said.pairs) : oneGiven(next, said, text.trim());
	if (given === undefined) {
		if (said.is === "no" && (kind === "elicitation" || next.options.length > 0)) return deny(said.reason);
		return explain(howToAnswer(next, nameOf(request)));
	}
	const all: Answers = { ...answers, ...given };
	if (questions.some(({ key }) => !Object.hasOwn(all, key))) return { to: "go_on", answers: all };
	return { to: "decide", decision: { behavior: "allow", scope: "once", answers: all } };
}

function pairsGiven(
	questions: readonly ApprovalQuestion[],
	pairs: Extract<Said, { is: "pairs" }>["pairs"],
): Answers | undefined {
	const given: [string, string | string[]][] = [];
	for (const { question: at, numbers } of pairs) {
		const question = questions[at - 1];
		const chosen = question && chosenOf(question, numbers);
		if (question === undefined || chosen === undefined) return undefined;
		given.push([question.key, chosen]);
	}
	return Object.fromEntries(given);
}

function oneGiven(question: ApprovalQuestion, said: Said, text: string): Answers | undefined {
	const { key, options, multi_select } = question;
	if (said.is === "choices" && options.length > 0) {
		const chosen = chosenOf(question, said.numbers);
		return chosen === undefined ? undefined : { [key]: chosen };
	}
	const label = labelSaid(question, said, text);
	// A lone y or n that is no option is no free text either, where there are options.
	const lone = options.length > 0 && (said.is === "yes" || said.is === "no");
	if (text === "" || (label === undefined && lone)) return undefined;
	const value = label ?? text;
	return { [key]: multi_select ? [value] : value };
}

/** Undefined when one of the numbers is no option, or there is more than one where one is wanted. */
function chosenOf(
	{ options, multi_select }: ApprovalQuestion,
	numbers: readonly number[],
): string | string[] | undefined {
	const labels = [...new Set(numbers)].map((number) => options[number - 1]?.label);
	const known = labels.filter((label) => label !== undefined);
	if (known.length < labels.length || known.length === 0) return undefined;
	if (multi_select) return known;
	return known.length === 1 ? known[0] : undefined;
}

/** The option that was typed by its name; `y` and `n` are Yes and No where those are options. */
function labelSaid({ options }: ApprovalQuestion, said: Said, text: string): string | undefined {
	const wanted = text.toLowerCase();
	const same = options.find(({ label }) => label.trim().toLowerCase() === wanted);
	if (same !== undefined) return same.label;
	const bare = said.is === "yes" ? /^yes\b/i : said.is === "no" && said.reason === undefined ? /^no\b/i : undefined;
	if (bare === undefined) return undefined;
	const meant = options.filter(({ label }) => bare.test(label.trim()));
	return meant.length === 1 ? meant[0]?.label : undefined;
}
