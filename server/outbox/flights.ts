import { sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import type { Claimed } from "./claim.ts";

interface Flight {
	claimed: Claimed;
	ended: Promise<void>;
}

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
	 * claimed its own again. The claim that is running then goes by the newer number.
	 */
	begin(claimed: Claimed, work: (claimed: Claimed) => Promise<void>, end: () => void): boolean {
		const running = this.#flights.get(claimed.id);
		if (running !== undefined) {
			running.claimed.attempts = claimed.attempts;
			return false;
		}
		const ended = work(claimed).finally(() => {
			this.#flights.delete(claimed.id);
			end();
		});
		this.#flights.set(claimed.id, { claimed, ended });
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
