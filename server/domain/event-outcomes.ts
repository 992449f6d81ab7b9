import { sql } from "drizzle-orm";
import { z } from "zod";
import { channelName } from "../../src/contract/channels.ts";
import { eventOutcomes, eventTypes, type ToldEvent } from "../../src/contract/events.ts";
import { deliveryStates } from "../../src/contract/sessions.ts";
import { rowsOf } from "../db/client.ts";
import { titleOf } from "./delivery-report.ts";
import type { Deps } from "./deps.ts";
import { outcomeOf } from "./outcome.ts";

const row = z.object({
	id: z.string(),
	type: z.enum(eventTypes),
	accepted_ms: z.number(),
	outcome: z.enum(eventOutcomes),
	why: z.string().nullable(),
	digest_due: z.boolean(),
	deliveries: z.array(
		z.object({
			channel: channelName,
			state: z.enum(deliveryStates),
			error: z.string().nullable(),
			waits: z.boolean(),
		}),
	),
});

/** The newest events of a session, each with what became of it. */
export async function readOutcomes(
	deps: Pick<Deps, "db" | "channels">,
	sessionId: string,
	limit: number,
): Promise<ToldEvent[]> {
	const rows = await rowsOf(
		deps.db,
		row,
		sql`select e.id, e.type, (extract(epoch from e.accepted_at) * 1000)::float8 as accepted_ms, e.outcome, e.why, e.digest_due,
				coalesce((
					select json_agg(json_build_object('channel', d.channel, 'state', d.state, 'error', d.error,
						'waits', d.unless_attended and d.attempts = 0) order by i.position, i.id)
					from deliveries d join identities i on i.id = d.identity_id
					where d.session_id = e.session_id and d.event_id = e.id
				), '[]') as deliveries
			from events e where e.session_id = ${sessionId} order by e.accepted_at desc, e.id desc limit ${limit}`,
	);
	return rows.map(({ id, type, accepted_ms, outcome, why, digest_due, deliveries }) => ({
		event_id: id,
		type,
		accepted_at: new Date(accepted_ms).toISOString(),
		...outcomeOf({
			outcome,
			why,
			digest: digestOf(type, outcome, digest_due),
			deliveries: deliveries.map(({ channel, ...delivery }) => ({ ...delivery, title: titleOf(deps, channel) })),
		}),
	}));
}

function digestOf(type: ToldEvent["type"], outcome: string, due: boolean): "due" | "told" | undefined {
	if (due) return "due";
	const held = (outcome === "quiet" || outcome === "muted") && type !== "progress" && type !== "started";
	return held ? "told" : undefined;
}
