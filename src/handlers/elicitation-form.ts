import * as z from "zod";
import { type ApprovalQuestion, maxOptions, maxQuestions } from "../contract/approvals.ts";

type Answers = Record<string, string | string[]>;
type Value = string | number | boolean | string[];

const titled = z.object({ const: z.string(), title: z.string().optional() });
const choices = z.object({
	enum: z.array(z.string()).optional(),
	enumNames: z.array(z.string()).optional(),
	oneOf: z.array(titled).optional(),
	anyOf: z.array(titled).optional(),
});
const said = { title: z.string().optional(), description: z.string().optional() };
const property = z.discriminatedUnion("type", [
	z.object({
		type: z.literal("string"),
		...said,
		...choices.shape,
		minLength: z.number().optional(),
		maxLength: z.number().optional(),
	}),
	z.object({
		type: z.enum(["number", "integer"]),
		...said,
		minimum: z.number().optional(),
		maximum: z.number().optional(),
	}),
	z.object({ type: z.literal("boolean"), ...said }),
	z.object({
		type: z.literal("array"),
		...said,
		items: choices,
		minItems: z.number().optional(),
		maxItems: z.number().optional(),
	}),
]);
type Property = z.infer<typeof property>;

const schema = z.object({
	type: z.literal("object"),
	properties: z.record(z.string().min(1).max(1000), property),
	required: z.array(z.string()).default([]),
});

export interface ElicitationForm {
	questions: ApprovalQuestion[];
	/** The form filled in; undefined when an answer is none that the server takes. */
	content(answers: Answers): Record<string, Value> | undefined;
}

/** The fields that must be filled in, or all where none must; undefined for a form that a phone cannot show. */
export function elicitationForm(requested: unknown): ElicitationForm | undefined {
	const read = schema.safeParse(requested);
	if (!read.success) return undefined;
	const all = Object.entries(read.data.properties);
	const must = all.filter(([name]) => read.data.required.includes(name));
	const fields = must.length > 0 ? must : all;
	if (fields.length > maxQuestions || fields.some(([, field]) => optionsOf(field).length > maxOptions))
		return undefined;
	if (read.data.required.length > must.length) return undefined;
	return {
		questions: fields.map(([name, field]) => asQuestion(name, field)),
		content: (answers) => fill(fields, answers),
	};
}

function asQuestion(key: string, field: Property): ApprovalQuestion {
	const name = field.title ?? key;
	const more = [field.description, limits(field)].filter((each) => each !== undefined && each !== "").join("; ");
	return {
		key,
		question: more === "" ? name : `${name} (${more})`,
		options: optionsOf(field).map(({ label }) => ({ label })),
		multi_select: field.type === "array",
	};
}

function limits(field: Property): string {
	if (field.type !== "number" && field.type !== "integer") return "";
	const { minimum, maximum } = field;
	const kind = field.type === "integer" ? "a whole number" : "a number";
	if (minimum !== undefined && maximum !== undefined) return `${kind} from ${minimum} to ${maximum}`;
	if (minimum !== undefined) return `${kind}, at least ${minimum}`;
	return maximum === undefined ? kind : `${kind}, at most ${maximum}`;
}

interface Option<V extends Value> {
	label: string;
	value: V;
}

function optionsOf(field: Property): Option<string | boolean>[] {
	if (field.type === "boolean")
		return [
			{ label: "Yes", value: true },
			{ label: "No", value: false },
		];
	if (field.type === "string") return textOptions(field);
	return field.type === "array" ? textOptions(field.items) : [];
}

function textOptions({ enum: values, enumNames, oneOf, anyOf }: z.infer<typeof choices>): Option<string>[] {
	const named = oneOf ?? anyOf;
	if (named !== undefined) return named.map(({ const: value, title }) => ({ label: title ?? value, value }));
	return (values ?? []).map((value, at) => ({ label: enumNames?.[at] ?? value, value }));
}

function fill(fields: [string, Property][], answers: Answers): Record<string, Value> | undefined {
	const filled: [string, Value][] = [];
	for (const [name, field] of fields) {
		const value = readAnswer(field, answers[name]);
		if (value === undefined) return undefined;
		filled.push([name, value]);
	}
	return Object.fromEntries(filled);
}

function readAnswer(field: Property, answer: string | string[] | undefined): Value | undefined {
	if (answer === undefined) return undefined;
	if (field.type === "array") return listOf(field, typeof answer === "string" ? [answer] : answer);
	const text = (typeof answer === "string" ? answer : answer.join(", ")).trim();
	const options = optionsOf(field);
	if (options.length > 0) return options.find(({ label }) => same(label, text))?.value;
	if (field.type === "string") return isWithin(text.length, field.minLength, field.maxLength) ? text : undefined;
	return field.type === "boolean" ? undefined : numberOf(field, text);
}

function numberOf(field: Extract<Property, { type: "number" | "integer" }>, text: string): number | undefined {
	const value = text === "" ? Number.NaN : Number(text);
	const fits = field.type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
	return fits && isWithin(value, field.minimum, field.maximum) ? value : undefined;
}

function listOf(field: Extract<Property, { type: "array" }>, chosen: string[]): string[] | undefined {
	const options = textOptions(field.items);
	const values = chosen.map((label) => options.find((option) => same(option.label, label))?.value);
	const known = values.filter((value) => value !== undefined);
	return known.length === values.length && isWithin(known.length, field.minItems, field.maxItems) ? known : undefined;
}

const same = (label: string, text: string) => label.trim().toLowerCase() === text.trim().toLowerCase();

function isWithin(value: number, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY): boolean {
	return value >= least && value <= most;
}
