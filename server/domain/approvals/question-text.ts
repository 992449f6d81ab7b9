import type { ApprovalQuestion } from "../../../src/contract/approvals.ts";
import type { MessageStyle } from "../../channels/channel.ts";
import { cutToCost } from "../fit-text.ts";
import { plainText, withoutMarkdown } from "../plain-text.ts";
import { costIn, shownLine } from "./shown-text.ts";

interface Detail {
	/** Of a question and of an option, in characters. */
	question: number;
	label: number;
	descriptions: boolean;
}

/** From all there is to what can always be answered. */
const details: readonly Detail[] = [
	{ question: 1000, label: 100, descriptions: true },
	{ question: 1000, label: 100, descriptions: false },
	{ question: 300, label: 60, descriptions: false },
	{ question: 150, label: 30, descriptions: false },
];

/** A question with its options under their numbers, in as much detail as there is room for. */
export function questionText(question: ApprovalQuestion, style: MessageStyle, room: number): string {
	return firstFitting((detail) => oneQuestion(question, detail), style, room) ?? "";
}

/** A whole form, its questions numbered; undefined when it has to be asked one question at a time. */
export function formText(
	questions: readonly ApprovalQuestion[],
	style: MessageStyle,
	room: number,
): string | undefined {
	const whole = (detail: Detail) =>
		questions.map((question, at) => `${at + 1}) ${oneQuestion(question, detail)}`).join("\n");
	return firstFitting(whole, style, room, 2);
}

/** The last detail is taken whether or not it fits, unless `tries` ends before it. */
function firstFitting(
	say: (detail: Detail) => string,
	style: MessageStyle,
	room: number,
	tries = details.length,
): string | undefined {
	const said = details.slice(0, tries).map(say);
	const fitting = said.find((text) => costIn(text, style) <= room);
	return fitting ?? (tries < details.length ? undefined : said.at(-1));
}

function oneQuestion({ question, options }: ApprovalQuestion, detail: Detail): string {
	const asked = cutToCost(withoutMarkdown(plainText(question)), detail.question, "unicode");
	return [asked, ...options.map((option, at) => optionLine(option, at + 1, detail))].join("\n");
}

function optionLine(
	{ label, description }: ApprovalQuestion["options"][number],
	number: number,
	{ label: most, descriptions }: Detail,
): string {
	const named = `${number} = ${shownLine(label, most)}`;
	return descriptions && description !== undefined && description.trim() !== ""
		? `${named} (${shownLine(description, 300)})`
		: named;
}
