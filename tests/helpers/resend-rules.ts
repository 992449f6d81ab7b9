/** What Resend answers when it refuses; `name` is one of the codes of resend.com/docs/api-reference/errors. */
export interface ResendError {
	status: number;
	name: string;
	message: string;
	/** The caller misuses the API: no input of a person's can lead here. */
	violation?: boolean;
}

export interface SendRequest {
	from: string;
	to: string[];
	cc: string[];
	bcc: string[];
	replyTo: string[];
	subject: string;
	text: string | undefined;
	html: string | undefined;
	headers: Record<string, string>;
	tags: { name: string; value: string }[];
}

type Kind = "string" | "addresses" | "object" | "array";

/** Fields of SendEmailRequest in the vendor's specification (1.5.0, 2026-08). */
const fields: Record<string, Kind> = {
	from: "string",
	to: "addresses",
	subject: "string",
	bcc: "addresses",
	cc: "addresses",
	reply_to: "addresses",
	html: "string",
	text: "string",
	template: "object",
	headers: "object",
	scheduled_at: "string",
	attachments: "array",
	tags: "array",
	topic_id: "string",
};

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);
const areStrings = (value: unknown): value is string[] =>
	Array.isArray(value) && value.every((one) => typeof one === "string");

const fits: Record<Kind, (value: unknown) => boolean> = {
	string: (value) => typeof value === "string",
	addresses: (value) => typeof value === "string" || areStrings(value),
	object: isObject,
	array: Array.isArray,
};

const misuse = (message: string, name = "validation_error"): ResendError => ({
	status: 422,
	name,
	message,
	violation: true,
});
const refuse = (message: string, name = "validation_error"): ResendError => ({ status: 422, name, message });

const list = (value: unknown): string[] => (typeof value === "string" ? [value] : areStrings(value) ? value : []);

/** The bare address, in lower case, of `a@b.c` or `Name <a@b.c>`; undefined for anything else. */
export function bareAddress(text: string): string | undefined {
	if (/[\r\n]/.test(text)) return undefined;
	const bare = /^[^<>]*<([^<>]+)>$/.exec(text.trim())?.[1] ?? text.trim();
	return /^[^\s@<>,;:"()]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,}$/i.test(bare) ? bare.toLowerCase() : undefined;
}

export const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);

function wrongShape(body: Record<string, unknown>): ResendError | undefined {
	for (const [name, value] of Object.entries(body)) {
		const kind = fields[name];
		if (kind === undefined) return misuse(`The \`${name}\` field is not known.`);
		if (!fits[kind](value)) return misuse(`The \`${name}\` field must be of type ${kind}.`);
	}
	const missing = ["from", "to", "subject"].find((name) => list(body[name]).join("") === "");
	if (missing !== undefined) return misuse(`Missing \`${missing}\` field.`, "missing_required_field");
	return body["html"] === undefined && body["text"] === undefined
		? misuse("Missing `html` or `text` field.", "missing_required_field")
		: undefined;
}

const attachmentFields = new Set(["content", "filename", "path", "content_type", "content_id"]);

function wrongExtra({ template, attachments = [] }: Record<string, unknown>): string | undefined {
	const known = (value: unknown, names: Set<string>) =>
		isObject(value) && Object.keys(value).every((key) => names.has(key));
	const fitsTemplate =
		known(template, new Set(["id", "variables"])) && isObject(template) && typeof template["id"] === "string";
	if (template !== undefined && !fitsTemplate) return "The `template` has an `id` and `variables`.";
	const all = attachments as unknown[];
	return all.every((one) => known(one, attachmentFields)) ? undefined : "An attachment has a field that is not known.";
}

function wrongTag(tag: unknown): string | undefined {
	if (!isObject(tag)) return "Tags must be objects.";
	const strange = Object.keys(tag).find((key) => key !== "name" && key !== "value");
	if (strange !== undefined) return `Tags have no \`${strange}\`.`;
	for (const part of [tag["name"], tag["value"]]) {
		if (typeof part !== "string" || !/^[A-Za-z0-9_-]+$/.test(part)) {
			return "Tags should only contain ASCII letters, numbers, underscores, or dashes.";
		}
		if (part.length > 256) return "Tags can contain no more than 256 characters.";
	}
	return undefined;
}

function wrongHeader([name, value]: [string, unknown]): string | undefined {
	if (typeof value !== "string") return `The header \`${name}\` must be a string.`;
	if (!/^[!-9;-~]+$/.test(name)) return `\`${name}\` is no header name.`;
	return /[\r\n\0]/.test(value) ? `The header \`${name}\` has a line break.` : undefined;
}

function wrongPart(body: Record<string, unknown>): ResendError | undefined {
	const tags = (body["tags"] as unknown[] | undefined) ?? [];
	const wrong =
		wrongExtra(body) ??
		tags.map(wrongTag).find((message) => message !== undefined) ??
		Object.entries((body["headers"] as object | undefined) ?? {})
			.map(wrongHeader)
			.find((message) => message !== undefined);
	if (wrong !== undefined) return misuse(wrong);
	const broken = ["subject", "text", "html"].find((name) => {
		const value = body[name];
		return typeof value === "string" && !value.isWellFormed();
	});
	return broken === undefined ? undefined : misuse(`\`${broken}\` is no well-formed text.`);
}

function wrongAddress(body: Record<string, unknown>, domains: readonly string[]): ResendError | undefined {
	const from = bareAddress(String(body["from"]));
	if (from === undefined) {
		return misuse(
			"Invalid `from` field. It must be `email@example.com` or `Name <email@example.com>`.",
			"invalid_from_address",
		);
	}
	if (list(body["to"]).length > 50) return misuse("The `to` field must have at most 50 addresses.");
	for (const field of ["to", "cc", "bcc", "reply_to"]) {
		for (const text of list(body[field])) {
			const address = bareAddress(text);
			if (address === undefined)
				return refuse(`Invalid \`${field}\` field. The email address needs to follow the format.`);
			if (field !== "reply_to" && ["example.com", "test.com"].includes(domainOf(address))) {
				return refuse(
					`Invalid \`${field}\` field. Please use our testing email address instead of domains like \`example.com\`.`,
				);
			}
		}
	}
	const domain = domainOf(from);
	if (domains.includes(domain)) return undefined;
	const message = `The ${domain} domain is not verified. Please, add and verify your domain on https://resend.com/domains`;
	return { status: 403, name: "validation_error", message };
}

/** What the API would take, or the first thing that it would refuse. `domains` are verified. */
export function readSendRequest(text: string, domains: readonly string[]): SendRequest | ResendError {
	let body: unknown;
	try {
		body = JSON.parse(text);
	} catch {
		body = undefined;
	}
	if (!isObject(body)) return { ...misuse("The body is no JSON object."), status: 400 };
	const wrong = wrongShape(body) ?? wrongPart(body) ?? wrongAddress(body, domains);
	if (wrong !== undefined) return wrong;
	return {
		from: String(body["from"]),
		to: list(body["to"]),
		cc: list(body["cc"]),
		bcc: list(body["bcc"]),
		replyTo: list(body["reply_to"]),
		subject: String(body["subject"]),
		text: body["text"] as string | undefined,
		html: body["html"] as string | undefined,
		headers: (body["headers"] as Record<string, string> | undefined) ?? {},
		tags: (body["tags"] as SendRequest["tags"] | undefined) ?? [],
	};
}

interface Account {
	apiKey: string;
	apiKeyAccess: "full" | "sending";
}

/** What is wrong before the mail is even looked at: key, path, method, encoding, idempotency key. */
export function protocolError(
	request: {
		method: string;
		path: string;
		contentType: string;
		authorization: string | undefined;
		key: string | undefined;
	},
	account: Account,
): ResendError | undefined {
	const { method, path, contentType, authorization, key } = request;
	const fail = (status: number, name: string, message: string) => ({ status, name, message, violation: true });
	if (!authorization?.startsWith("Bearer ")) {
		return fail(401, "missing_api_key", "Missing API key in the authorization header.");
	}
	if (authorization !== `Bearer ${account.apiKey}`) return fail(403, "invalid_api_key", "API key is invalid.");
	if (/^\/emails\/receiving\/[^/?]+(\?html_format=(data_uri|cid))?$/.test(path)) {
		if (method !== "GET") return fail(405, "method_not_allowed", "Method is not allowed for the requested path.");
		if (account.apiKeyAccess === "full") return undefined;
		return { status: 401, name: "restricted_api_key", message: "This API key is restricted to only send emails." };
	}
	if (path !== "/emails") return fail(404, "not_found", "The requested endpoint does not exist.");
	if (method !== "POST") return fail(405, "method_not_allowed", "Method is not allowed for the requested path.");
	if (!contentType.startsWith("application/json")) return fail(415, "validation_error", "The body must be JSON.");
	return key !== undefined && (key.length < 1 || key.length > 256)
		? fail(400, "invalid_idempotency_key", "The key must be between 1-256 chars.")
		: undefined;
}
