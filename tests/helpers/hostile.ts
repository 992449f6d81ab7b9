/** A JSON Schema as /openapi.json has it, as far as these tests look into it. */
export interface BodySchema {
	properties?: Record<string, BodySchema>;
}

export interface HostileRequest {
	name: string;
	headers: Record<string, string>;
	body: string | Uint8Array;
}

/** In the place of an id in a path. */
export const hostileSegments = [
	"%",
	"%ff",
	"%00",
	"%2e%2e%2f%2e%2e%2fetc%2fpasswd",
	"..%5c..%5cwindows",
	"__proto__",
	"null",
	"-1",
	"'%20or%201=1--",
	"%F0%9F%92%A9",
	"x".repeat(2000),
];

export const hostileQueries = [
	"%",
	"=",
	"wait=%",
	"wait=-1",
	"wait=NaN",
	"wait=1e9",
	"wait=1&wait=2",
	"wait[]=1",
	"after=99999999999999999999",
	"after=%00",
	"__proto__[x]=1",
	"with=%ff%00&said=__proto__",
	`q=${"x".repeat(8000)}`,
	"&".repeat(5000),
];

export const hostileHeaders: readonly Record<string, string>[] = [
	{ authorization: "Bearer" },
	{ authorization: `Bearer ${"x".repeat(8000)}` },
	{ authorization: "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0." },
	{ authorization: "Basic \u00ff\u00fe" },
	{ "x-device-fingerprint": "\u00ff".repeat(200) },
	{ "x-forwarded-for": "999.999.999.999, ::::, \u00ff" },
	{ "accept-encoding": "x;q=NaN", accept: "\u00ff/\u00ff" },
	{ cookie: "a=".repeat(2000) },
	{ "x-request-id": "../../etc/passwd" },
];

const json = { "content-type": "application/json" };
const long = "x".repeat(100_000);
const deep = `${"[".repeat(10_000)}${"]".repeat(10_000)}`;
const deepObject = `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`;

/** Bodies that no route takes, as they are on the wire. */
const anywhere: readonly [name: string, body: string | Uint8Array, headers?: Record<string, string>][] = [
	["null", "null"],
	["a number", "5"],
	["a string", '"x"'],
	["an array", "[]"],
	["true", "true"],
	["half of an object", '{"a":'],
	["two documents", "{}{}"],
	["nothing", ""],
	["a NUL byte", "\u0000"],
	["invalid UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
	["10,000 arrays in each other", deep],
	["5,000 objects in each other", deepObject],
	["__proto__", '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'],
	["a number beyond all", '{"id":1e999,"timestamp":-1e999}'],
	["100 kB", JSON.stringify({ description: long })],
	["text/plain", "{}", { "content-type": "text/plain" }],
	["XML", "<a/>", { "content-type": "application/xml" }],
	["a broken multipart", "--x\r\nbroken", { "content-type": "multipart/form-data; boundary=x" }],
	["a form", "a=%ff%00&a[b]=c&%=%", { "content-type": "application/x-www-form-urlencoded" }],
	["a content type that is none", "{}", { "content-type": ';;;/\t;charset="' }],
	["compressed data", "{}", { ...json, "content-encoding": "gzip" }],
];

/** Values that a field of any type can be given, right and wrong ones; each goes into every field. */
const values: readonly [name: string, value: unknown][] = [
	["null", null],
	["a number", 5],
	["a fraction", 0.1],
	["a list", []],
	["an object", {}],
	["a nested list", [[[{}]]]],
	["true", true],
	["nothing", ""],
	["50 kB", "x".repeat(50_000)],
	["NUL", "a\u0000b"],
	["a lone surrogate", "\ud800"],
	["a bidi override", "\u202e"],
	["an escape sequence", "\u001b[2J"],
	["a path", "../../../../etc/passwd"],
	["SQL", "'; drop table users; --"],
	["a template", "$" + "{7*7}{{7*7}}<script>"],
];

/** Every wrong body that this suite knows for a schema: whole bodies, then one wrong field at a time. The last is `{}`, which some routes take. */
export function hostileRequests(schema: BodySchema): HostileRequest[] {
	const whole = anywhere.map(([name, body, headers]) => ({ name, body, headers: headers ?? json }));
	const fields = Object.keys(schema.properties ?? {}).flatMap((field) =>
		values.map(([name, value]) => ({
			name: `${field} is ${name}`,
			headers: json,
			body: JSON.stringify({ [field]: value }),
		})),
	);
	return [...whole, ...fields, { name: "an empty object", headers: json, body: "{}" }];
}

const form = { "content-type": "application/x-www-form-urlencoded" };

/** The same for the forms of pages, where every value is text. */
export function hostileForms(fields: readonly string[]): HostileRequest[] {
	const whole = anywhere.map(([name, body, headers]) => ({ name, body, headers: headers ?? form }));
	const single = fields.flatMap((field) =>
		values.map(([name, value]) => ({
			name: `${field} is ${name}`,
			headers: form,
			body: new URLSearchParams({ [field]: String(value) }).toString(),
		})),
	);
	const twice = fields.map((field) => ({
		name: `${field} twice`,
		headers: form,
		body: `${field}=a&${field}=b&${field}[]=c`,
	}));
	return [...whole, ...single, ...twice];
}
