import { EntityError, type FormattedText, type MessageEntity, parseHtml } from "./telegram-html.ts";
import { badRequest, type Params } from "./telegram-rules.ts";

/** After entities parsing, in UTF-16 units. */
const maxTextLength = 4096;
/** More are dropped by the vendor without a word. */
const maxEntities = 100;

/** Units that vanish, beside \r: line and bidi marks, and three combining ones. */
const vanishing = new Set([0x0d, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x030a, 0x0333, 0x033f]);
const blank = /^[\s\u00ad\u200b-\u200f\u2060-\u2064\u3164\ufeff]*$/;

const holdsCode = /blockquote|text_link/;

/** Control characters become spaces, a few characters vanish; entities move with their text. */
function clean({ text, entities }: FormattedText): FormattedText {
	let result = "";
	const newOffset: number[] = [];
	for (const unit of text.split("")) {
		newOffset.push(result.length);
		const code = unit.charCodeAt(0);
		if (vanishing.has(code)) continue;
		result += code < 32 && unit !== "\n" ? " " : unit;
	}
	newOffset.push(result.length);
	const at = (offset: number) => newOffset[Math.min(offset, text.length)] ?? result.length;
	const moved = entities.map((entity) => {
		const offset = at(entity.offset);
		return { ...entity, offset, length: at(entity.offset + entity.length) - offset };
	});
	return { text: result, entities: moved.filter((entity) => entity.length > 0) };
}

/** Space around the text goes; at the start only up to the first entity. */
function trim({ text, entities }: FormattedText): FormattedText {
	const end = text.replace(/[ \n]+$/, "").length;
	const firstEntity = Math.min(...entities.map((entity) => entity.offset), end);
	const start = /^[ \n]*/.exec(text.slice(0, firstEntity))?.[0].length ?? 0;
	const inside = entities.map((entity) => ({
		...entity,
		offset: entity.offset - start,
		length: Math.min(entity.offset + entity.length, end) - entity.offset,
	}));
	return { text: text.slice(start, end), entities: inside.filter((entity) => entity.length > 0) };
}

/** Code is not bold, italic and so on: what overlaps it is cut away. A quote and a link may hold code. */
function outsideCode(entities: MessageEntity[]): MessageEntity[] {
	const codes = entities.filter((entity) => entity.type === "code" || entity.type === "pre");
	return entities.flatMap((entity) => {
		if (codes.includes(entity) || holdsCode.test(entity.type)) return [entity];
		let parts = [entity];
		for (const code of codes) parts = parts.flatMap((part) => subtract(part, code));
		return parts;
	});
}

function subtract(entity: MessageEntity, hole: MessageEntity): MessageEntity[] {
	const end = entity.offset + entity.length;
	const holeEnd = hole.offset + hole.length;
	if (hole.offset >= end || holeEnd <= entity.offset) return [entity];
	const before = { ...entity, length: hole.offset - entity.offset };
	const after = { ...entity, offset: holeEnd, length: end - holeEnd };
	return [before, after].filter((part) => part.length > 0);
}

function parse(text: string, params: Params): FormattedText {
	const mode = params["parse_mode"];
	if (mode === undefined || mode === "") {
		return { text, entities: (params["entities"] as MessageEntity[] | undefined) ?? [] };
	}
	if (String(mode).toLowerCase() !== "html") throw badRequest("unsupported parse_mode (the emulator parses HTML only)");
	try {
		return parseHtml(text);
	} catch (error) {
		if (error instanceof EntityError) throw badRequest(`can't parse entities: ${error.message}`);
		throw error;
	}
}

/** The text that a phone would show, with its entities, or the vendor's refusal. */
export function formattedText(params: Params): FormattedText {
	const source = typeof params["text"] === "string" ? params["text"] : "";
	if (source === "") throw badRequest("message text is empty");
	const parsed = parse(source, params);
	const { text, entities } = trim(clean(parsed));
	if (blank.test(text)) throw badRequest("text must be non-empty");
	if (text.length > maxTextLength) throw badRequest("message is too long");
	const sorted = outsideCode(entities).sort((a, b) => a.offset - b.offset || b.length - a.length);
	return { text, entities: sorted.slice(0, maxEntities) };
}

/** What the vendor finds by itself in a person's text: commands, links and mentions. */
export function foundEntities(text: string): MessageEntity[] {
	const patterns: [type: string, pattern: RegExp][] = [
		["bot_command", /(?<![\w/])\/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])/g],
		["url", /\bhttps?:\/\/[^\s<>"]+/g],
		["mention", /(?<![\w/])@[A-Za-z]\w{3,31}\b/g],
	];
	const found = patterns.flatMap(([type, pattern]) =>
		[...text.matchAll(pattern)].map((match) => ({ type, offset: match.index, length: match[0].length })),
	);
	return found.sort((a, b) => a.offset - b.offset);
}
