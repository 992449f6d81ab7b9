import type { EventDetails, EventType } from "../../src/contract/events.ts";
import type { Prioritized } from "../../src/contract/settings.ts";
import { clockWords } from "./clock-words.ts";
import { type PolicySettings, readPolicySettings } from "./policy-settings.ts";
import { quietUntil } from "./quiet-hours.ts";

/** What silences a user's messages, as the database has it at one instant. */
export interface Silencing {
	/** The database's clock. */
	now: Date;
	timeZone: string;
	/** As it is stored in `users.settings`. */
	settings: unknown;
	/** Of everything, and of this session alone; may have passed. */
	mutedUntil: Date | null;
	sessionMutedUntil: Date | null;
}

/** All that holds them back. */
export interface Policy extends Silencing {
	/** When the person last typed in this session at the computer. */
	attendedAt: Date | null;
	/** The machine's presence file said so a moment ago. */
	present: boolean;
}

export type Decision =
	| {
			outcome: "send";
			/** The messages wait so long, and are dropped if the person does something at the computer meanwhile. */
			delaySeconds: number;
	  }
	| {
			outcome: "muted" | "quiet" | "present";
			/** A sentence for the user. */
			why: string;
			/** When it can be told in a digest; undefined for what nobody misses. */
			digestAt: Date | undefined;
	  };

export interface Judged {
	type: EventType;
	details: EventDetails;
	/** Both by the machine's clock: when it happened, and when the person had last typed there. */
	occurred_at?: string | undefined;
	attended?: string | null | undefined;
	/** What the machine's presence file said when it happened. */
	present?: boolean | undefined;
}

const priorityRank = { low: 0, normal: 1, high: 2, none: 3 } as const;
/** What the next message makes old news. */
const notMissed: readonly EventType[] = ["progress", "started", "task_update"];

/** Whether an event's messages leave now, later or never. */
export function decide(policy: Policy, event: Judged): Decision {
	if (event.type === "started") return silent("muted", "The start of a session is recorded, not told.");
	const settings = readPolicySettings(policy.settings);
	const here = presence(policy, settings, event);
	if (here !== undefined) return silent("present", here);
	const held = silence(policy, event, settings);
	return held ?? { outcome: "send", delaySeconds: event.type === "progress" ? 0 : settings.delay };
}

/** What holds back a message at this moment, whenever its event happened: mute and quiet hours. Undefined when nothing does. */
export function silence(
	policy: Silencing,
	event: Pick<Judged, "type" | "details">,
	settings = readPolicySettings(policy.settings),
): Silence | undefined {
	const held = muted(policy) ?? quiet(policy, settings, event);
	if (held === undefined) return undefined;
	return { ...held, digestAt: notMissed.includes(event.type) ? undefined : held.digestAt };
}

function silent(outcome: "muted" | "present", why: string): Decision {
	return { outcome, why, digestAt: undefined };
}

/** That a session was lost cannot be seen at its own computer. */
function presence({ now, attendedAt, present }: Policy, settings: PolicySettings, event: Judged): string | undefined {
	if (settings.presence === 0 || event.type === "session_lost") return undefined;
	if (event.present ?? present) return "You were at the computer.";
	if (event.attended === null) return undefined;
	const sinceMs = Math.min(attendedAt === null ? never : now.getTime() - attendedAt.getTime(), sinceTyped(event));
	if (sinceMs >= settings.presence * 1000) return undefined;
	return `You typed in this session less than ${settings.presence} s before.`;
}

const never = Number.POSITIVE_INFINITY;

/** Milliseconds between the person's last prompt and the event. A heartbeat would have told, but a turn can be shorter than its way. */
function sinceTyped({ occurred_at, attended }: Judged): number {
	if (occurred_at === undefined || attended === undefined || attended === null) return never;
	const ms = Date.parse(occurred_at) - Date.parse(attended);
	return ms >= 0 ? ms : never;
}

interface Held {
	outcome: "muted" | "quiet";
	why: string;
	digestAt: Date;
}

export type Silence = Omit<Held, "digestAt"> & {
	/** When it can be told in a digest; undefined for what nobody misses. */
	digestAt: Date | undefined;
};

/** Undefined when nothing is muted now. */
function muted(policy: Silencing): Held | undefined {
	const { now, mutedUntil, sessionMutedUntil } = policy;
	const [all, one] = [mutedUntil, sessionMutedUntil].map((until) =>
		until !== null && until > now ? until : undefined,
	);
	const until = all !== undefined && one !== undefined && one > all ? one : (all ?? one);
	if (until === undefined) return undefined;
	const what = until === all ? "Everything was" : "This session was";
	return { outcome: "muted", why: `${what} muted until ${clockWords(until, policy)}.`, digestAt: until };
}

function quiet(policy: Silencing, settings: PolicySettings, event: Pick<Judged, "type" | "details">): Held | undefined {
	if (settings.quiet === undefined) return undefined;
	if (priorityRank[settings.priority(prioritizedAs(event))] >= priorityRank[settings.quietExcept]) return undefined;
	const until = quietUntil(settings.quiet, policy.timeZone, policy.now);
	if (until === undefined) return undefined;
	return { outcome: "quiet", why: `Quiet hours until ${clockWords(until, policy)}.`, digestAt: until };
}

/** Only what ends the turn has an `error_kind`. */
function prioritizedAs({ type, details }: Pick<Judged, "type" | "details">): Prioritized {
	return type === "error" && details.error_kind !== undefined ? "turn_failed" : type;
}
