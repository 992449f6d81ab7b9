import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";

/** A settings file that is better left alone; `message` begins with what is wrong with it, the file is named by the caller. */
export class SettingsProblem extends Error {
	override readonly name = "SettingsProblem";
}

/** How the person writes it. */
interface Style {
	unit: string;
	eol: string;
}

/** Throws SettingsProblem with line and column. */
export function parseSettings(text: string, comments: boolean): Node {
	const errors: ParseError[] = [];
	let root: Node | undefined;
	try {
		root = parseTree(text, errors, { disallowComments: !comments, allowTrailingComma: false });
	} catch (error) {
		if (error instanceof RangeError) throw new SettingsProblem("is nested too deeply");
		throw error;
	}
	const [first] = errors;
	if (first !== undefined) {
		const before = text.slice(0, first.offset).split("\n");
		const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
		throw new SettingsProblem(`is not valid JSON: ${printParseErrorCode(first.error)} at ${place}`);
	}
	if (root?.type !== "object") throw new SettingsProblem("holds no JSON object at line 1, column 1");
	return root;
}

/** The value of a property; of a name that stands there twice the last one counts, as for JSON.parse. */
export function memberOf(object: Node, key: string): Node | undefined {
	return propertyOf(object, key)?.children?.[1];
}

export function propertyOf(object: Node, key: string): Node | undefined {
	return object.children?.findLast(({ children }) => children?.[0]?.value === key);
}

/** Refuses what stands where something else must stand. */
export function expectType(text: string, node: Node, type: "object" | "array", name: string): Node {
	if (node.type === type) return node;
	const line = text.slice(0, node.offset).split("\n").length;
	const what = type === "object" ? "an object" : "an array";
	throw new SettingsProblem(`has something else than ${what} as ${name} in line ${line}`);
}

export function replaceNode(text: string, { offset, length }: Node, value: unknown): string {
	return text.slice(0, offset) + JSON.stringify(value) + text.slice(offset + length);
}

/** Puts a property at the end of an object, or a value at the end of an array, and leaves every other character as it is. */
export function insertLast(text: string, container: Node, value: unknown, key?: string): string {
	const name = key === undefined ? "" : `${JSON.stringify(key)}: `;
	const style = styleOf(text);
	const written = (indent: string) =>
		name + JSON.stringify(value, null, style.unit).replaceAll("\n", style.eol + indent);
	const last = container.children?.at(-1);
	if (last === undefined) return insertOnly(text, container, { written, style });
	const end = last.offset + last.length;
	const indent = ownLine(text, last.offset);
	if (indent === undefined) return `${text.slice(0, end)}, ${name}${JSON.stringify(value)}${text.slice(end)}`;
	// A comment stays with what it speaks of.
	const comment = text.slice(end, container.offset + container.length - 1).trimEnd();
	const rest = text.slice(end + comment.length);
	return `${text.slice(0, end)},${comment}${style.eol}${indent}${written(indent)}${rest}`;
}

function insertOnly(
	text: string,
	{ offset, length }: Node,
	{ written, style: { unit, eol } }: { written: (indent: string) => string; style: Style },
): string {
	const outer = /^[ \t]*/.exec(lineBefore(text, offset))?.[0] ?? "";
	const inside = text.slice(offset + 1, offset + length - 1);
	// What is inside of it can only be a comment.
	const rest = inside.trim() === "" ? eol + outer : inside;
	return `${text.slice(0, offset + 1)}${eol}${outer}${unit}${written(outer + unit)}${rest}${text.slice(offset + length - 1)}`;
}

/** Takes a property or a value out with its comma, and leaves every other character as it is. */
export function removeChild(text: string, container: Node, child: Node): string {
	const siblings = container.children ?? [];
	const at = siblings.indexOf(child);
	const [before, after] = [siblings[at - 1], siblings[at + 1]];
	const end = child.offset + child.length;
	if (after !== undefined) {
		const comma = commaAfter(text, end);
		const blank = /^\s*/.exec(text.slice(comma, after.offset))?.[0].length ?? 0;
		return text.slice(0, child.offset) + text.slice(comma + blank);
	}
	const from = before === undefined ? container.offset + 1 : commaAfter(text, before.offset + before.length);
	const between = text.slice(from, child.offset).trimEnd();
	if (before !== undefined) return text.slice(0, from - 1) + between + text.slice(end);
	const close = container.offset + container.length - 1;
	const rest = between + text.slice(end, close);
	return text.slice(0, from) + (rest.trim() === "" ? "" : rest) + text.slice(close);
}

/** Where the text goes on behind the comma; comments may stand before it. */
function commaAfter(text: string, offset: number): number {
	const scanner = createScanner(text, true);
	scanner.setPosition(offset);
	do scanner.scan();
	while (text[scanner.getTokenOffset()] !== "," && scanner.getPosition() < text.length);
	return scanner.getPosition();
}

/** What stands before it in its line, if that is only white space. */
function ownLine(text: string, offset: number): string | undefined {
	const before = lineBefore(text, offset);
	return before.trim() === "" && offset > before.length ? before : undefined;
}

function lineBefore(text: string, offset: number): string {
	return text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
}

function styleOf(text: string): Style {
	const indent = /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
	return { unit: indent.startsWith("\t") ? "\t" : indent, eol: text.includes("\r\n") ? "\r\n" : "\n" };
}
