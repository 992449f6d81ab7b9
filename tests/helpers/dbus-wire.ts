/** What a D-Bus message holds that a small service needs; all of it little-endian, which the bus gives to a client that speaks it. */
export interface BusMessage {
	type: "call" | "return" | "error" | "signal";
	serial: number;
	path?: string;
	interface?: string;
	member?: string;
	replySerial?: number;
	destination?: string;
	sender?: string;
	signature: string;
	body: unknown[];
}

const types = ["call", "return", "error", "signal"] as const;
/** The specification's header fields by their number, with the signature of each. */
const fields = [
	["path", 1, "o"],
	["interface", 2, "s"],
	["member", 3, "s"],
	["replySerial", 5, "u"],
	["destination", 6, "s"],
	["sender", 7, "s"],
	["signature", 8, "g"],
] as const;

const alignments: Record<string, number> = { y: 1, g: 1, v: 1, n: 2, q: 2, x: 8, t: 8, d: 8, "(": 8, "{": 8 };
const alignmentOf = (signature: string) => alignments[signature[0] ?? ""] ?? 4;

/** The first complete type of a signature, and the rest. */
function firstType(signature: string): [string, string] {
	if (signature.startsWith("a")) {
		const [inner] = firstType(signature.slice(1));
		return [`a${inner}`, signature.slice(1 + inner.length)];
	}
	if (!/^[({]/.test(signature)) return [signature.slice(0, 1), signature.slice(1)];
	let depth = 0;
	const end = [...signature].findIndex((character) => {
		depth += /[({]/.test(character) ? 1 : /[)}]/.test(character) ? -1 : 0;
		return depth === 0;
	});
	return [signature.slice(0, end + 1), signature.slice(end + 1)];
}

function typesIn(signature: string): string[] {
	if (signature === "") return [];
	const [first, rest] = firstType(signature);
	return [first, ...typesIn(rest)];
}

class Reader {
	#at = 0;
	readonly #bytes: Buffer;

	constructor(bytes: Buffer) {
		this.#bytes = bytes;
	}

	align(to: number): void {
		this.#at = Math.ceil(this.#at / to) * to;
	}

	read(type: string): unknown {
		this.align(alignmentOf(type));
		if (type.startsWith("a")) return this.#array(type.slice(1));
		if (/^[({]/.test(type)) return typesIn(type.slice(1, -1)).map((each) => this.read(each));
		if (type === "v") return this.read(String(this.read("g")));
		if (type === "s" || type === "o") return this.#text(Number(this.read("u")));
		if (type === "g") return this.#text(Number(this.read("y")));
		return this.#number(type);
	}

	#array(element: string): unknown[] {
		const length = Number(this.read("u"));
		this.align(alignmentOf(element));
		const end = this.#at + length;
		const found: unknown[] = [];
		while (this.#at < end) found.push(this.read(element));
		return found;
	}

	#text(length: number): string {
		const text = this.#bytes.toString("utf8", this.#at, this.#at + length);
		this.#at += length + 1;
		return text;
	}

	#number(type: string): unknown {
		const at = this.#at;
		if (type === "y") return this.#bytes.readUInt8(this.#step(1));
		if (type === "u") return this.#bytes.readUInt32LE(this.#step(4));
		if (type === "i") return this.#bytes.readInt32LE(this.#step(4));
		if (type === "b") return this.#bytes.readUInt32LE(this.#step(4)) === 1;
		if (type === "x") return this.#bytes.readBigInt64LE(this.#step(8));
		if (type === "d") return this.#bytes.readDoubleLE(this.#step(8));
		throw new Error(`D-Bus type ${type} at ${at} is not known here`);
	}

	#step(size: number): number {
		this.#at += size;
		return this.#at - size;
	}
}

const padding = (length: number, to: number) => Buffer.alloc((to - (length % to)) % to);

function uint32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}

/** `s`, `o`, `g`, `u`, and an array of strings. */
function write(type: string, value: unknown): Buffer {
	if (type === "u") return uint32(Number(value));
	const text = Buffer.from(`${value}\0`);
	if (type === "g") return Buffer.concat([Buffer.from([text.length - 1]), text]);
	if (type === "s" || type === "o") return Buffer.concat([uint32(text.length - 1), text]);
	const items = sequence(Array.isArray(value) ? value.map((each) => ["s", each]) : []);
	return Buffer.concat([uint32(items.length), items]);
}

function sequence(values: (readonly [type: string, value: unknown])[]): Buffer {
	return values.reduce(
		(bytes, [type, value]) => Buffer.concat([bytes, padding(bytes.length, alignmentOf(type)), write(type, value)]),
		Buffer.alloc(0),
	);
}

export function encode(message: BusMessage): Buffer {
	const body = sequence(typesIn(message.signature).map((type, at) => [type, message.body[at]] as const));
	const header = fields.reduce((bytes, [name, code, type]) => {
		const value = message[name];
		if (value === undefined || value === "") return bytes;
		const start = Buffer.concat([bytes, padding(bytes.length, 8), Buffer.from([code, 1]), Buffer.from(`${type}\0`)]);
		return Buffer.concat([start, padding(start.length, 4), write(type, value)]);
	}, Buffer.alloc(0));
	const begin = Buffer.concat([
		Buffer.from(["l".charCodeAt(0), types.indexOf(message.type) + 1, 0, 1]),
		...[body.length, message.serial, header.length].map(uint32),
		header,
	]);
	return Buffer.concat([begin, padding(begin.length, 8), body]);
}

/** The first whole message of what has come, and how many bytes it took; undefined when more must come. */
export function decode(bytes: Buffer): { message: BusMessage; size: number } | undefined {
	if (bytes.length < 16) return undefined;
	const headerSize = Math.ceil((16 + bytes.readUInt32LE(12)) / 8) * 8;
	const size = headerSize + bytes.readUInt32LE(4);
	if (bytes.length < size) return undefined;
	const reader = new Reader(bytes.subarray(0, size));
	for (let read = 0; read < 4; read++) reader.read("y");
	reader.read("u");
	const serial = Number(reader.read("u"));
	const found = Object.fromEntries(
		(reader.read("a(yv)") as [number, unknown][]).flatMap(([code, value]) => {
			const name = fields.find(([, each]) => each === code)?.[0];
			return name === undefined ? [] : [[name, value]];
		}),
	);
	reader.align(8);
	const signature = String(found["signature"] ?? "");
	const body = typesIn(signature).map((type) => reader.read(type));
	const type = types[(bytes[1] ?? 1) - 1] ?? "error";
	return { message: { ...found, type, serial, signature, body }, size };
}
