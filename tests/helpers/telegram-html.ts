/** Part of a text that is more than text; offset and length in UTF-16 units. */
export interface MessageEntity {
	type: string;
	offset: number;
	length: number;
	url?: string;
	language?: string;
	custom_emoji_id?: string;
}

export interface FormattedText {
	text: string;
	entities: MessageEntity[];
}

/** Why a text with `parse_mode` is refused, as the vendor words it after "can't parse entities: ". */
export class EntityError extends Error {}

/** Tag to entity type. tg-time, which the vendor knows too, is refused here. */
const entityTypes: Record<string, string> = {
	b: "bold",
	strong: "bold",
	i: "italic",
	em: "italic",
	u: "underline",
	ins: "underline",
	s: "strikethrough",
	strike: "strikethrough",
	del: "strikethrough",
	span: "spoiler",
	"tg-spoiler": "spoiler",
	"tg-emoji": "custom_emoji",
	a: "text_link",
	code: "code",
	pre: "pre",
	blockquote: "blockquote",
};

const named: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"' };

interface OpenTag {
	name: string;
	attributes: Map<string, string>;
	offset: number;
}

/** The character that stands at `pos` in the form of an entity, or undefined: then the `&` is just an `&`. */
function decodeEntity(source: string, pos: number): { char: string; end: number } | undefined {
	const match = /&(?:#x([0-9a-fA-F]*)|#(\d*)|([a-zA-Z]*));?/y;
	match.lastIndex = pos;
	const found = match.exec(source);
	if (found === null) return undefined;
	const [whole, hexadecimal, decimal, name] = found;
	const end = pos + whole.length;
	if (name !== undefined) {
		const char = named[name];
		return char === undefined ? undefined : { char, end };
	}
	const code = hexadecimal === undefined ? Number.parseInt(decimal ?? "", 10) : Number.parseInt(hexadecimal, 16);
	const tooLong = whole.replace(";", "").length >= 10;
	return !(code > 0 && code < 0x10ffff) || tooLong ? undefined : { char: String.fromCodePoint(code), end };
}

/** A link as the vendor keeps it, or undefined when it would not be one: a host needs a dot. */
export function checkedLink(link: string): string | undefined {
	const absolute = /^[a-z][a-z0-9+.-]*:/i.test(link) && !/^[^/]*:\d/.test(link) ? link : `http://${link}`;
	if (/\s/.test(link) || !URL.canParse(absolute)) return undefined;
	const url = new URL(absolute);
	if (["tg:", "ton:", "tonsite:"].includes(url.protocol)) return url.href;
	if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
	return url.hostname.includes(".") || url.hostname.startsWith("[") ? url.href : undefined;
}

class HtmlParser {
	readonly #source: string;
	#pos = 0;
	#out = "";
	readonly #open: OpenTag[] = [];
	readonly #entities: MessageEntity[] = [];

	constructor(source: string) {
		this.#source = source;
	}

	parse(): FormattedText {
		while (this.#pos < this.#source.length) this.#step();
		const left = this.#open.at(-1);
		if (left !== undefined) {
			throw new EntityError(`Can't find end tag corresponding to start tag "${left.name}"`);
		}
		return { text: this.#out, entities: this.#entities };
	}

	#step(): void {
		const char = this.#source[this.#pos] ?? "";
		if (char === "<") {
			if (this.#source[this.#pos + 1] === "/") this.#endTag();
			else this.#startTag();
			return;
		}
		const decoded = char === "&" ? decodeEntity(this.#source, this.#pos) : undefined;
		this.#out += decoded?.char ?? char;
		this.#pos = decoded?.end ?? this.#pos + 1;
	}

	/** The vendor counts bytes of UTF-8. */
	#at(pos: number): string {
		return `at byte offset ${Buffer.byteLength(this.#source.slice(0, pos))}`;
	}

	#take(pattern: RegExp): string {
		const sticky = new RegExp(pattern.source, "y");
		sticky.lastIndex = this.#pos;
		const taken = sticky.exec(this.#source)?.[0] ?? "";
		this.#pos += taken.length;
		return taken;
	}

	#startTag(): void {
		const begin = this.#pos++;
		const name = this.#take(/[^\s>]*/).toLowerCase();
		if (this.#pos >= this.#source.length) throw new EntityError(`Unclosed start tag ${this.#at(begin)}`);
		if (entityTypes[name] === undefined) {
			throw new EntityError(`Unsupported start tag "${name}" ${this.#at(begin)}`);
		}
		const attributes = new Map<string, string>();
		for (;;) {
			this.#take(/\s*/);
			if (this.#source[this.#pos] === ">") break;
			this.#attribute(name, begin, attributes);
		}
		this.#pos++;
		if (name === "span" && attributes.get("class") !== "tg-spoiler") {
			throw new EntityError(`Tag "span" must have class "tg-spoiler" ${this.#at(begin)}`);
		}
		this.#open.push({ name, attributes, offset: this.#out.length });
	}

	#attribute(tag: string, begin: number, attributes: Map<string, string>): void {
		const name = this.#take(/[^\s=>/"']*/);
		if (name === "") throw new EntityError(`Empty attribute name in the tag "${tag}" ${this.#at(begin)}`);
		this.#take(/\s*/);
		const unclosed = () => new EntityError(`Unclosed start tag "${tag}" ${this.#at(begin)}`);
		if (this.#pos >= this.#source.length) throw unclosed();
		if (this.#source[this.#pos] !== "=") {
			attributes.set(name, "");
			return;
		}
		this.#pos++;
		this.#take(/\s*/);
		if (this.#pos >= this.#source.length) throw unclosed();
		attributes.set(name, this.#value());
		if (this.#pos >= this.#source.length) throw new EntityError(`Unclosed start tag ${this.#at(begin)}`);
	}

	#value(): string {
		const quote = this.#source[this.#pos];
		if (quote !== '"' && quote !== "'") {
			const begin = this.#pos;
			const token = this.#take(/[a-zA-Z0-9.-]*/).toLowerCase();
			if (/[\s>]/.test(this.#source[this.#pos] ?? ">")) return token;
			throw new EntityError(`Unexpected end of name token ${this.#at(begin)}`);
		}
		this.#pos++;
		const raw = this.#take(quote === '"' ? /[^"]*/ : /[^']*/);
		this.#pos++;
		return decodeAll(raw);
	}

	#endTag(): void {
		const begin = this.#pos;
		const tag = this.#open.at(-1);
		if (tag === undefined) throw new EntityError(`Unexpected end tag ${this.#at(begin)}`);
		this.#pos += 2;
		const name = this.#take(/[^\s>]*/).toLowerCase();
		this.#take(/\s*/);
		if (this.#source[this.#pos] !== ">") throw new EntityError(`Unclosed end tag ${this.#at(begin)}`);
		this.#pos++;
		if (name !== "" && name !== tag.name) {
			const found = `expected "</${tag.name}>", found "</${name}>"`;
			throw new EntityError(`Unmatched end tag ${this.#at(begin)}, ${found}`);
		}
		this.#open.pop();
		this.#close(tag);
	}

	#close({ name, attributes, offset }: OpenTag): void {
		const length = this.#out.length - offset;
		if (length === 0) return;
		const entity: MessageEntity = { type: entityTypes[name] ?? name, offset, length };
		if (name === "pre" || name === "code") {
			this.#closeCode(entity, attributes.get("class") ?? "");
		} else if (name === "a") {
			const url = checkedLink(attributes.get("href") || this.#out.slice(offset));
			if (url !== undefined) this.#entities.push({ ...entity, url });
		} else {
			this.#entities.push(withAttributes(entity, attributes));
		}
	}

	/** A `code` with a language and nothing else inside a `pre` makes one `pre` with a language. */
	#closeCode(entity: MessageEntity, className: string): void {
		const inner = this.#entities.at(-1);
		const same = inner !== undefined && inner.offset === entity.offset && inner.length === entity.length;
		if (entity.type === "pre" && same && inner.type === "code" && inner.language !== undefined) {
			inner.type = "pre";
			return;
		}
		if (entity.type === "code" && className.startsWith("language-")) entity.language = className.slice(9);
		this.#entities.push(entity);
	}
}

function withAttributes(entity: MessageEntity, attributes: Map<string, string>): MessageEntity {
	if (entity.type === "blockquote" && attributes.has("expandable")) {
		return { ...entity, type: "expandable_blockquote" };
	}
	if (entity.type !== "custom_emoji") return entity;
	const id = attributes.get("emoji-id") ?? "";
	if (!/^[1-9]\d*$/.test(id)) throw new EntityError("Invalid custom emoji identifier specified");
	return { ...entity, custom_emoji_id: id };
}

function decodeAll(raw: string): string {
	let text = "";
	for (let pos = 0; pos < raw.length; ) {
		const decoded = raw[pos] === "&" ? decodeEntity(raw, pos) : undefined;
		text += decoded?.char ?? raw[pos];
		pos = decoded?.end ?? pos + 1;
	}
	return text;
}

/** Parses parse_mode HTML as the vendor's open-source server does; throws EntityError where that refuses. */
export function parseHtml(source: string): FormattedText {
	return new HtmlParser(source).parse();
}
