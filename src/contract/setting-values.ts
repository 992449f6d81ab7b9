import * as z from "zod";

const clock = /^([01]?\d|2[0-3])(?::([0-5]\d))?$/;
const two = (value: string | undefined) => (value ?? "0").padStart(2, "0");
const typed = z.union([z.string().max(100), z.number()]).transform((value) => String(value).trim());

/** `22:00-07:00`, also typed `22-7`. */
export const quietHours = typed.transform((text, context) => {
	if (text.toLowerCase() === "off") return "off";
	const [from, to, more] = text.split(/\s*[-–]\s*/).map((time) => clock.exec(time));
	if (from && to && more === undefined) {
		const [begin, end] = [from, to].map(([, hours, minutes]) => `${two(hours)}:${two(minutes)}`);
		if (begin !== end) return `${begin}-${end}`;
	}
	context.issues.push({ code: "custom", input: text, message: "must look like 22:00-07:00, or be off" });
	return z.NEVER;
});

export const zone = typed.transform((text, context) => {
	const found = zoneName(text);
	if (found !== undefined) return found;
	context.issues.push({ code: "custom", input: text, message: "must be a time zone like Europe/Berlin" });
	return z.NEVER;
});

/** In the IANA's capitals; an old or second name stays what it is. Undefined when there is none of this name. */
function zoneName(text: string): string | undefined {
	if (!/^[a-z][\w+/-]*$/i.test(text)) return undefined;
	try {
		const found = new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
		return found.toLowerCase() === text.toLowerCase() ? found : text;
	} catch {
		return undefined;
	}
}

/** One of the words, in any case. */
export function oneOf(allowed: readonly string[]) {
	return typed
		.transform((text) => text.toLowerCase())
		.refine((text) => allowed.includes(text), { message: `must be one of ${allowed.join(", ")}` });
}

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const span = /^(\d{1,6})([smhd]?)$/;

function secondsIn(text: string): number | undefined {
	const [, count, unit = ""] = span.exec(text.toLowerCase()) ?? [];
	if (count === undefined) return undefined;
	return Number(count) * (unit === "m" || unit === "h" || unit === "d" ? unitSeconds[unit] : 1);
}

/** 0 or `off`, or from `min` to `max`. */
export function seconds(min: number, max: number) {
	return typed.transform((text, context) => {
		const found = text.toLowerCase() === "off" ? 0 : secondsIn(text);
		if (found !== undefined && (found === 0 || (found >= min && found <= max))) return found;
		context.issues.push({ code: "custom", input: text, message: `must be 0, or from ${min} to ${max} seconds` });
		return z.NEVER;
	});
}

/** At most `count` messages within `seconds`. */
export interface Limit {
	count: number;
	seconds: number;
}

/** `3/1h` in its two numbers. */
export function readLimit(text: string): Limit | undefined {
	const [count = "", time = "", more] = text.split("/").map((part) => part.trim());
	const within = secondsIn(time);
	if (!/^\d{1,4}$/.test(count) || within === undefined || more !== undefined) return undefined;
	const fits = Number(count) >= 1 && Number(count) <= 1000 && within >= 1 && within <= 86_400;
	return fits ? { count: Number(count), seconds: within } : undefined;
}

/** `1/30m` */
export const limitValue = typed.transform((text, context) => {
	if (readLimit(text) !== undefined) return text.toLowerCase().replaceAll(/\s/g, "");
	context.issues.push({
		code: "custom",
		input: text,
		message: "must look like 1/30m: so many in so long, at most a day",
	});
	return z.NEVER;
});

const maxBanned = 30;

/** `sudo, curl*|*sh` in its entries. */
export function readBanList(text: string): string[] {
	if (text.trim().toLowerCase() === "off") return [];
	return text
		.split(",")
		.map((entry) => entry.replace(/\s+/g, " ").trim())
		.filter((entry) => /[^*\s]/.test(entry));
}

/** Entries with commas between; `off` for none. */
export const banList = z.union([z.string().max(600), z.number()]).transform((value, context) => {
	const text = String(value);
	const entries = readBanList(text);
	const fits = entries.length <= maxBanned && entries.every((entry) => entry.length <= 60);
	if (fits && (entries.length > 0 || text.trim().toLowerCase() === "off")) return entries.join(", ") || "off";
	const message = `must be words with commas between, at most ${maxBanned} with 60 characters each, or off`;
	context.issues.push({ code: "custom", input: text, message });
	return z.NEVER;
});

/** Which commands need a code: the usual ones, with what a user added and took away. */
export interface ConfirmList {
	/** Nothing needs one. */
	off: boolean;
	/** Names of usual ones that need none. */
	without: readonly string[];
	/** Words that have to stand in a command in this order: `make deploy`. */
	added: readonly (readonly string[])[];
}

const entriesOf = (text: string) => {
	const entries = text.split(",").map((entry) => entry.replace(/\s+/g, " ").trim());
	return entries.filter((entry) => entry !== "" && entry !== "usual");
};

/** `make deploy, -npm publish`: the code at make deploy too, and no longer at npm publish. */
export function readConfirmList(text: string): ConfirmList {
	if (text === "off") return { off: true, without: [], added: [] };
	const entries = entriesOf(text);
	const without = entries.filter((entry) => entry.startsWith("-")).map((entry) => entry.slice(1).trim());
	return {
		off: false,
		without,
		added: entries.filter((entry) => !entry.startsWith("-")).map((entry) => entry.split(" ")),
	};
}

/** Changes to the usual list, with commas between; `usual` for none of them, `off` for no code at all. */
export const confirmList = z.union([z.string().max(600), z.number()]).transform((value, context) => {
	const text = String(value).trim().toLowerCase();
	if (text === "off" || text === "usual") return text;
	const entries = entriesOf(text);
	if (entries.length > 0 && entries.length <= 30 && entries.every((entry) => entry.length <= 60))
		return entries.join(", ");
	const message = "must be usual, off, or at most 30 commands with commas between, 60 characters each";
	context.issues.push({ code: "custom", input: text, message });
	return z.NEVER;
});
