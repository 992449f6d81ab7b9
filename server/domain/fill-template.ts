import { isTemplateVariable, type TemplateVariable, templatePieces } from "../../src/contract/templates.ts";
import { plainText } from "./plain-text.ts";

/** What the variables stand for, but for `text`, which is cut to what there is room for. */
export type TemplateValues = Readonly<Record<Exclude<TemplateVariable, "text">, string>>;

export interface FilledTemplate {
	/** Before `{{text}}`, or all of it. */
	head: string;
	/** Whether the agent's words have a place at all. */
	hasText: boolean;
	tail: string;
}

/** Every variable in one go: what a value holds is never looked at for variables again. */
export function fillTemplate(template: string, values: TemplateValues): FilledTemplate {
	const pieces = templatePieces(template);
	const at = pieces.findIndex((piece, index) => index % 2 === 1 && piece === "text");
	const said = pieces.map((piece, index) => {
		if (index % 2 === 0) return piece;
		return isTemplateVariable(piece) && piece !== "text" ? values[piece] : "";
	});
	if (at === -1) return { head: clean(said.join("")), hasText: false, tail: "" };
	return { head: clean(said.slice(0, at).join("")), hasText: true, tail: clean(said.slice(at + 1).join("")) };
}

/** As clean as everything that leaves for a phone; the spaces at both ends stay, since the text stands there. */
function clean(part: string): string {
	const [, lead = "", core = "", end = ""] = /^([ \n]*)([\s\S]*?)([ \n]*)$/.exec(part) ?? [];
	return `${lead}${plainText(core)}${end}`;
}
