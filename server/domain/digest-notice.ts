import type { EventDetails, EventType } from "../../src/contract/events.ts";
import { eventWords } from "./event-words.ts";
import { cutToCost } from "./fit-text.ts";
import { plainLine } from "./plain-text.ts";

/** What happened while nothing was sent, with the sessions in the order of their last news. */
export interface DigestNotice {
	kind: "digest";
	/** `22:00-07:00`, or `off` where they have been switched off since; undefined where it was a mute. */
	quiet?: string | undefined;
	sessions: DigestSession[];
	/** Sessions that it says nothing about. */
	more?: number;
}

interface DigestSession {
	handle: string | null;
	description: string;
	counts: { type: EventType; count: number }[];
	/** What the newest event says, in a line. */
	last: string;
}

interface Group {
	session_id: string;
	handle: string | null;
	description: string;
	type: EventType;
	count: number;
	/** Of the newest event of the type. */
	last: EventDetails;
	last_ms: number;
	quiet: boolean;
}

const maxSessions = 8;
const maxLast = 120;

/** `groups` has at least one. */
export function digestNotice(groups: readonly Group[], quiet: unknown): DigestNotice {
	const bySession = [...Map.groupBy(groups, ({ session_id }) => session_id).values()];
	const sessions = bySession
		.map((own) => own.toSorted((a, b) => b.last_ms - a.last_ms))
		.toSorted((a, b) => newest(b) - newest(a))
		.flatMap((own) => summary(own));
	const more = sessions.length - maxSessions;
	return {
		kind: "digest",
		...(groups.some((group) => group.quiet) ? { quiet: typeof quiet === "string" ? quiet : "off" } : {}),
		sessions: sessions.slice(0, maxSessions),
		...(more > 0 ? { more } : {}),
	};
}

const newest = (own: readonly Group[]) => own[0]?.last_ms ?? 0;

function summary(own: readonly Group[]): DigestSession[] {
	const [latest] = own;
	if (latest === undefined) return [];
	const { label, text } = eventWords(latest.type, latest.last);
	const last = cutToCost(plainLine(text === "" ? label : text), maxLast, "unicode");
	const counts = own.map(({ type, count }) => ({ type, count }));
	return [{ handle: latest.handle, description: latest.description, counts, last }];
}

/** `While it was quiet (22:00-07:00): (b) "api": done x2, error; last: all 14 tests pass.` */
export function digestWords({ quiet, sessions, more }: DigestNotice): string {
	const when =
		quiet === undefined
			? "While it was muted"
			: quiet === "off"
				? "While it was quiet"
				: `While it was quiet (${quiet})`;
	const lines = sessions.map(sessionWords);
	if (more !== undefined) lines.push(`and ${more} more session${more === 1 ? "" : "s"}`);
	return `${when}:\n${lines.join("\n")}`;
}

function sessionWords({ handle, description, counts, last }: DigestSession): string {
	const name = `${handle === null ? "" : `(${handle}) `}${plainLine(description)}`;
	const what = counts.map(({ type, count }) => `${type.replaceAll("_", " ")}${count === 1 ? "" : ` x${count}`}`);
	const news = last.toLowerCase().startsWith(what[0] ?? "") ? "" : `; last: ${last}`;
	return `${name}: ${what.join(", ")}${news}`;
}
