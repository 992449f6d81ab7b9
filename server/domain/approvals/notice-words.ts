import type { Action } from "../../channels/channel.ts";
import { plainLine, plainText, withoutMarkdown } from "../plain-text.ts";
import type { ApprovalNotice, WhichApproval } from "./approval-notice.ts";
import { howToAnswer } from "./approval-words.ts";
import { optionActions } from "./option-actions.ts";
import { shownLine } from "./shown-text.ts";

type About = Exclude<ApprovalNotice, { said: "which" }>;

/** What became of a request, or of an answer to one, in a sentence or two. */
export function approvalNoticeWords(notice: ApprovalNotice): string {
	if (notice.said === "which") return whichWords(notice);
	return `(${notice.handle}) "${plainLine(notice.description)}": ${aboutWords(notice)}`;
}

function aboutWords(notice: About): string {
	const { what, handle, number } = notice;
	switch (notice.said) {
		case "answered":
			return answeredWords(notice);
		case "next":
			return nextWords(notice);
		case "over":
			return `nothing was done, ${overWords[notice.by]}: ${what}`;
		case "withdrawn":
			return withdrawnWords(notice);
		case "expired":
			return `nobody answered in time: ${what}. Only the computer can answer it now.`;
		case "too_late":
			return `your answer came too late, the terminal was first: ${what}`;
		case "code":
			return `${notice.left === undefined ? "" : wrongCode(notice.left)}to allow ${what}, reply ${handle} #${number} y and the four digits of its message.`;
		case "locked":
			return `three wrong codes. No phone can allow it any more, only the computer: ${what}`;
		case "how":
			return `that is no answer to ${what}. ${notice.hint}`;
	}
}

const wrongCode = (left: number) =>
	`wrong code, ${left} ${left === 1 ? "try is" : "tries are"} left. Nothing was done; `;

function answeredWords({ how, chosen, reason, what }: Extract<About, { said: "answered" }>): string {
	if (how === "allowed") return `you said yes to ${what}`;
	if (how === "allowed_session") return `you said yes for the rest of the session to ${what}`;
	if (how === "denied") return `you said no to ${what}${reason === true ? ". Claude gets your reason." : ""}`;
	return `Claude gets your answer: ${shownLine(chosen ?? "", 120)}`;
}

function nextWords({ question, at, of, handle, number }: Extract<About, { said: "next" }>): string {
	const options = question.options.map(({ label }, index) => `${index + 1} = ${shownLine(label, 60)}`);
	const asked = shownLine(withoutMarkdown(plainText(question.question)), 300);
	return [`question ${at} of ${of}: ${asked}`, ...options, howToAnswer(question, `${handle} #${number}`)].join("\n");
}

const overWords = {
	phone: "it was answered from a phone before",
	terminal: "it was answered at the terminal before",
	time: "its time was over",
	end: "it is no longer asked",
} as const;

const outcomeWords = { allowed: "allowed", denied: "denied", answered: "answered", unknown: "answered" } as const;

function withdrawnWords({ reason, outcome, what }: Extract<About, { said: "withdrawn" }>): string {
	if (reason === "terminal") return `${outcomeWords[outcome]} at the terminal: ${what}`;
	return `no answer is needed any more: ${what}`;
}

function whichWords({ choices, answer }: WhichApproval): string {
	const lines = choices.map(({ handle, number, what }) => `${handle} #${number}: ${what}`);
	const [first] = choices;
	const example = first === undefined ? "" : `\nReply with its number: ${first.handle} #${first.number} ${answer}`;
	return ["Which one?", ...lines].join("\n") + example;
}

/** What may be pressed under such a notice. */
export function approvalNoticeActions(notice: ApprovalNotice): Action[] {
	if (notice.said === "next") return optionActions(notice.question, { code: notice.code, question: notice.at });
	if (notice.said !== "which") return [];
	return notice.choices.flatMap(({ handle, number, what, reply }) =>
		reply === undefined ? [] : [{ label: shownLine(`${handle} #${number}: ${what}`, 40), reply }],
	);
}
