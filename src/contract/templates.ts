import * as z from "zod";
import { eventTypes } from "./events.ts";
import { text } from "./text.ts";

/** What a template may hold between `{{` and `}}`. `text` is the only long one, and the one that is cut to fit. */
export const templateVariables = [
	"icon",
	"title",
	"description",
	"handle",
	"session",
	"label",
	"text",
	"event",
] as const;
export type TemplateVariable = (typeof templateVariables)[number];

/** The longest template, in UTF-16 units: it stands in every message of its type. */
export const maxTemplate = 300;

const placeholder = /\{\{([^{}]*)\}\}/;

/** A template in its pieces: words of the person's at even places, names of variables at odd ones. */
export function templatePieces(template: string): string[] {
	return template.split(placeholder).map((piece, index) => (index % 2 === 0 ? piece : piece.trim()));
}

export function isTemplateVariable(name: string): name is TemplateVariable {
	return templateVariables.some((variable) => variable === name);
}

const known = `the variables are ${templateVariables.map((name) => `{{${name}}}`).join(", ")}`;

function problemOf(template: string): string | undefined {
	const pieces = templatePieces(template);
	const names = pieces.filter((_, index) => index % 2 === 1);
	const unknown = names.find((name) => !isTemplateVariable(name));
	if (unknown !== undefined) return `has no variable {{${unknown.slice(0, 40)}}}; ${known}`;
	if (pieces.some((piece, index) => index % 2 === 0 && /\{\{|\}\}/.test(piece)))
		return `has a {{ or }} alone; ${known}`;
	if (names.filter((name) => name === "text").length > 1) return "may have {{text}} once";
	return template.trim() === "" ? "must not be empty" : undefined;
}

/** PUT /templates/{type}. */
export const newTemplate = z.strictObject({
	text: text(maxTemplate).superRefine((value, context) => {
		const message = problemOf(value);
		if (message !== undefined) context.addIssue({ code: "custom", message });
	}),
});

export const templateType = z.enum(eventTypes);

/** `text` is null where messages of this type have the server's own words. */
export const template = z.object({
	type: templateType,
	text: z.string().nullable(),
	variables: z.array(z.enum(templateVariables)),
});
export type Template = z.infer<typeof template>;
