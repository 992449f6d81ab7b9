import { sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import type { Claimed } from "./claim.ts";

interface Flight {
	claimed: Claimed;
	/** The newest of the claims that came meanwhile. */
	later: Claimed | undefined;
	ended: Promise<void>;
}

/** Never rejects. Resolves with the number of the claim under which the message was noted as not sent; undefined for any other end. */
type Work = (claimed: Claimed) => Promise<number | undefined>;

/** The messages that this process is sending. */
export class Flights {
	readonly #flights = new Map<string, Flight>();
	readonly #sentMeanwhile = new Set<string>();

	get size(): number {
		return this.#flights.size;
	}

	/** Resolves when all that are under way now have ended. */
	async ended(): Promise<void> {
		await Promise.all([...this.#flights.values()].map((flight) => flight.ended));
	}

	/** The database has it that a provider took this message. */
	noteSent(id: string): void {
		this.#sentMeanwhile.add(id);
	}

	/**
	 * What `claim` takes, less what was noted as sent while it was on its way: after the database was away for longer than a lease,
	 * a claim can take a message just before that note, and its answer be here just after it.
	 */
	async claimed(claim: () => Promise<Claimed[]>): Promise<Claimed[]> {
		this.#sentMeanwhile.clear();
		const all = await claim();
		return all.filter(({ id }) => !this.#sentMeanwhile.has(id));
	}

	/**
	 * Runs `work` for a message unless it is already under way here: this process slept longer than its lease, and has just
	 * claimed its own again. The claim that is running then goes by the newer number. `end` gets that newer claim when it came too
	 * late for that: the work has noted what became of it under the older one, and the message is due once more.
	 */
	begin(claimed: Claimed, work: Work, end: (late: Claimed | undefined) => void): boolean {
		const running = this.#flights.get(claimed.id);
		if (running !== undefined) {
			running.later = claimed;
			running.claimed.attempts = claimed.attempts;
			return false;
		}
		const flight: Flight = { claimed, later: undefined, ended: Promise.resolve() };
		flight.ended = work(claimed).then((notedAs) => {
			this.#flights.delete(claimed.id);
			end(notedAs !== undefined && notedAs < claimed.attempts ? flight.later : undefined);
		});
		this.#flights.set(claimed.id, flight);
		return true;
	}

	/** Keeps the leases of what is under way: a slow provider is no dead worker. */
	async renew(db: Db, leaseSeconds: number): Promise<void> {
		if (this.#flights.size === 0) return;
		const own = [...this.#flights.values()].map(({ claimed: { id, attempts } }) => ({ id, attempts }));
		const leaseEnd = sql`now() + ${leaseSeconds}::float8 * interval '1 second'`;
		// Skips what is being settled at this moment: two statements over the same rows could wait for each other.
		await db.execute(
			sql`update deliveries d set lease_until = ${leaseEnd}, next_attempt_at = ${leaseEnd}
				from (
					select d.id from deliveries d
					join json_to_recordset(${JSON.stringify(own)}::json) as own (id uuid, attempts int)
						on own.id = d.id and own.attempts = d.attempts
					where d.state = 'leased' for update of d skip locked
				) mine
				where d.id = mine.id`,
		);
	}
}
