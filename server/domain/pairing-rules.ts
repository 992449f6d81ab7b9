import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Channel } from "../channels/channel.ts";
import { type Db, rowsOf } from "../db/client.ts";
import { AppError } from "../errors.ts";

/** What a server allows when codes are asked for. */
export interface PairingRules {
	/** ISO 3166-1 countries that codes may be sent to by SMS: premium numbers of other countries are how toll fraud earns. */
	smsCountries: readonly string[];
	/** Counts one code for the caller's address on the network; throws AppError `rate_limited`. */
	countSend(): Promise<void>;
}

/** Wrong codes that a pairing survives. They are the pairing's, not the code's: a new code brings no new tries. */
export const maxTries = 5;
/** Codes that one pairing can ask for. */
export const maxSends = 3;
const sendsPerHour = 3;
const sendsPerDay = 5;

export function refuseCountry(channel: Channel, country: string | undefined, { smsCountries }: PairingRules): void {
	if (channel.simulated || channel.name !== "sms") return;
	if (country !== undefined && smsCountries.includes(country)) return;
	throw new AppError("invalid_request", `This server sends codes by SMS to ${smsCountries.join(", ")} only.`);
}

/** Within the transaction that then records the send: two requests for one address wait for each other here. */
export async function refuseTooManySends(tx: Pick<Db, "execute">, channel: Channel, addressMac: string): Promise<void> {
	if (channel.simulated) return;
	await lockAddress(tx, "codes", addressMac);
	const [sent] = await rowsOf(
		tx,
		sends,
		// A pairing's sends all count as of its newest: never fewer than there were.
		sql`select
				coalesce(sum(sends) filter (where last_sent_at > now() - interval '1 hour'), 0)::int as hour,
				coalesce(sum(sends), 0)::int as day,
				ceil(extract(epoch from min(last_sent_at) filter (where last_sent_at > now() - interval '1 hour')
					+ interval '1 hour' - now()))::int as hour_wait,
				ceil(extract(epoch from min(last_sent_at) + interval '1 day' - now()))::int as day_wait
			from pairings where address_mac = ${addressMac} and last_sent_at > now() - interval '1 day'`,
	);
	if (sent === undefined) return;
	const wait = sent.day >= sendsPerDay ? sent.day_wait : sent.hour >= sendsPerHour ? sent.hour_wait : null;
	if (wait === null) return;
	throw new AppError("rate_limited", `Too many codes were sent to this address. Try again in ${inWords(wait)}.`, {
		retryAfter: Math.max(1, wait),
	});
}

const sends = z.object({
	hour: z.int(),
	day: z.int(),
	hour_wait: z.int().nullable(),
	day_wait: z.int().nullable(),
});

function inWords(seconds: number): string {
	const minutes = Math.max(1, Math.ceil(seconds / 60));
	if (minutes === 1) return "a minute";
	return minutes < 90 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}

/** Until the end of the transaction. The two uses are apart because each holds other rows: shared, they could deadlock. */
export async function lockAddress(tx: Pick<Db, "execute">, use: "codes" | "identity", addressMac: string) {
	await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${use}:${addressMac}`}, 0))`);
}
