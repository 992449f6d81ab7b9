import { sql } from "drizzle-orm";
import { z } from "zod";
import type { ChannelName } from "../../../src/contract/channels.ts";
import type { EventDetails } from "../../../src/contract/events.ts";
import type { Told } from "../../../src/contract/tasks.ts";
import { type Db, rowsOf } from "../../db/client.ts";
import { acceptEvent } from "../accept-event.ts";
import { clockWords } from "../clock-words.ts";
import type { Deps } from "../deps.ts";
import { type EventLimits, eventLimits } from "../limits.ts";
import { endOfDay } from "../local-day.ts";
import type { Policy } from "../policy.ts";
import { readPolicy } from "../policy-row.ts";
import { commandLineSession, type Machine } from "./command-line-session.ts";

export interface News {
	/** A new UUIDv7: the same id again is told once. */
	id: string;
	/** By the machine's clock; without it, now. */
	occurredAt?: string;
	/** Without it, an end or a text. */
	type?: "task_update";
	details: EventDetails;
	/** Only these of the user's channels. */
	channels: readonly ChannelName[] | null;
}

/** Each one was asked for: there is no window between two, but a day's count, and an hour's of what comes before the end. */
const unspaced: EventLimits = { ...eventLimits, urgent: { types: ["task_finished"], count: 1000, window: 1 } };
const updates: EventLimits = { ...eventLimits, urgent: { types: ["task_update"], ...eventLimits.updates } };

/**
 * Tells a user what their command line has to say, by the same outbox and policy as everything else. `tx` is a transaction: a message
 * of a metered channel beyond the day's count is taken back in it. The caller wakes the outbox after the commit.
 */
export async function tellUser(tx: Db, deps: Deps, machine: Machine, news: News): Promise<Told> {
	const session = await commandLineSession(tx, deps, machine);
	const policy = await readPolicy(tx, session.id);
	const wanted = [...deps.channels].filter(([name]) => news.channels === null || news.channels.includes(name));
	const inside: Deps = { ...deps, db: tx, channels: new Map(wanted), wakeOutbox: () => undefined };
	const { id, details, type = "task_finished", occurredAt = policy.now.toISOString() } = news;
	const event = { id, type, occurred_at: occurredAt, details } as const;
	const accepted = await acceptEvent(
		inside,
		{ ...session, policy },
		event,
		type === "task_update" ? updates : unspaced,
	);
	const queued = accepted.channels.flatMap(({ channel, outcome }) => (outcome === "queued" ? [channel] : []));
	const told: Told = {
		id,
		outcome: accepted.outcome,
		why: accepted.why ?? (accepted.channels.length === 0 && accepted.outcome === "muted" ? noChannel(news) : null),
		channels: queued,
		next_allowed_at: accepted.next_allowed_at,
	};
	const metered = queued.filter((name) => deps.channels.get(name)?.metered === true);
	if (accepted.outcome !== "queued" || metered.length === 0) return told;
	const dayEnd = endOfDay(policy.timeZone, policy.now);
	if (await takeFromDay(tx, machine.userId, dayEnd, eventLimits.tasks)) return told;
	return overDay(tx, { told, session, metered, policy, dayEnd });
}

function noChannel({ channels }: News): string {
	return channels === null ? "No channel is paired." : `None of these channels is paired: ${channels.join(", ")}.`;
}

interface OverDay {
	told: Told;
	session: { id: string };
	metered: ChannelName[];
	policy: Policy;
	dayEnd: Date;
}

/** What costs nothing still leaves. */
async function overDay(tx: Db, { told, session, metered, policy, dayEnd }: OverDay): Promise<Told> {
	const names = sql.join(
		metered.map((name) => sql`${name}`),
		sql`, `,
	);
	await tx.execute(
		sql`delete from deliveries where session_id = ${session.id} and event_id = ${told.id} and channel in (${names})`,
	);
	const channels = told.channels.filter((name) => !metered.includes(name));
	const why = `The ${eventLimits.tasks.count} messages of today are used up; the next can leave ${clockWords(dayEnd, policy)}.`;
	const next_allowed_at = dayEnd.toISOString();
	if (channels.length > 0) return { ...told, channels, why, next_allowed_at };
	await tx.execute(
		sql`update events set outcome = 'limited', rate_limited = true, why = ${why}
			where session_id = ${session.id} and id = ${told.id}`,
	);
	return { ...told, outcome: "limited", channels, why, next_allowed_at };
}

/** One of the day's count; false when they are used up. The day is the user's, and whoever travels east has no second one within 22 hours. */
async function takeFromDay(tx: Db, userId: string, dayEnd: Date, { count, window }: EventLimits["tasks"]) {
	const length = sql`${window}::float8 * interval '1 second'`;
	const begin = sql`(${dayEnd.toISOString()}::timestamptz - ${length})`;
	const over = sql`s.window_started_at <= greatest(${begin} - interval '22 hours', now() - ${length})`;
	const taken = await rowsOf(
		tx,
		z.object({ used: z.number() }),
		sql`insert into rate_slots as s (scope, kind, class, used, window_started_at)
			values (${`user:${userId}`}, 'day', 'task', 1, ${begin})
			on conflict (scope, kind, class) do update set
				used = case when ${over} then 1 else s.used + 1 end,
				window_started_at = case when ${over} then ${begin} else s.window_started_at end
				where ${over} or s.used < ${count}::int
			returning used`,
	);
	return taken.length > 0;
}
