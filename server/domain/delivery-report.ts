import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type ChannelName, channelName } from "../../src/contract/channels.ts";
import { type DeliveryReport, deliveryStates } from "../../src/contract/sessions.ts";
import { rowsOf } from "../db/client.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";

/** Columns of a report, from `deliveries d join identities i`. */
export const reportColumns = sql`d.id, d.channel, i.label as address_masked, d.state, d.error,
	(extract(epoch from d.updated_at) * 1000)::float8 as updated_ms`;

const { id, state, error, address_masked } = {
	id: z.uuid(),
	state: z.enum(deliveryStates),
	error: z.string().nullable(),
	address_masked: z.string(),
};

/** A row of `reportColumns`. */
export const reportRow = z.object({
	id,
	channel: channelName,
	address_masked,
	state,
	error,
	updated_ms: z.number(),
});

/** The row as the report that the contract knows. */
export function reportOf(deps: Pick<Deps, "channels">, row: z.infer<typeof reportRow>): DeliveryReport {
	const { id, channel, address_masked, state, error, updated_ms } = row;
	const updated_at = new Date(updated_ms).toISOString();
	return { id, channel, channel_title: titleOf(deps, channel), address_masked, state, error, updated_at };
}

/** A channel in words for people; a channel that this server no longer has is called by its name. */
export function titleOf({ channels }: Pick<Deps, "channels">, channel: ChannelName): string {
	return channels.get(channel)?.title ?? channel;
}

type Reading = Pick<Deps, "db" | "channels">;

/** What became of a message of the user's. Throws AppError `not_found` for any other id. */
export async function readDelivery(deps: Reading, userId: string, deliveryId: string): Promise<DeliveryReport> {
	const [row] = await rowsOf(
		deps.db,
		reportRow,
		sql`select ${reportColumns} from deliveries d join identities i on i.id = d.identity_id
			where d.id = ${deliveryId} and d.user_id = ${userId}`,
	);
	if (row === undefined) throw new AppError("not_found", "There is no such message.");
	return reportOf(deps, row);
}

export interface Waiting {
	waitMs: number;
	signal: AbortSignal;
	/** True once the server shuts down: nobody is kept waiting then. */
	stopped(): boolean;
}

const pollMs = 250;

/** The same, after it has settled or `waitMs` have passed. */
export async function awaitDelivery(
	deps: Reading,
	userId: string,
	deliveryId: string,
	{ waitMs, signal, stopped }: Waiting,
): Promise<DeliveryReport> {
	for (let left = waitMs; ; left -= pollMs) {
		const report = await readDelivery(deps, userId, deliveryId);
		if (left <= 0 || isSettled(deps, report) || signal.aborted || stopped()) return report;
		await sleep(Math.min(pollMs, left));
	}
}

/** `sent` is the end of it only where the provider tells no more. */
function isSettled({ channels }: Pick<Deps, "channels">, { state, channel }: DeliveryReport): boolean {
	if (state === "sent") return channels.get(channel)?.receipts !== true;
	return state !== "pending" && state !== "leased";
}
