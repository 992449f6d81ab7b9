import { isPassing } from "../api-errors.ts";
import { type Log, reasonOf } from "../log.ts";
import { Backoff } from "./backoff.ts";

const mostTries = 6;

/** Asks the server a few times over about ten seconds; undefined when it refuses, or never answers. Never throws. */
export async function patiently<T>(log: Log, request: () => Promise<T>): Promise<T | undefined> {
	const backoff = new Backoff(500, 4000);
	for (let tries = 1; ; tries++) {
		try {
			return await request();
		} catch (error) {
			log.debug(`about an approval: ${reasonOf(error)}`);
			if (!isPassing(error) || tries === mostTries) return undefined;
			await new Promise((resolve) => setTimeout(resolve, backoff.next(error.retryAfterMs)));
		}
	}
}
