import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { PlannedEvent } from "./faults-people.ts";
import { recoveryMs } from "./faults-random.ts";

const answerBody = z.looseObject({ outcome: z.string().optional() });

export interface Accepted {
	event: PlannedEvent;
	/** When the answer was here, by performance.now(). */
	at: number;
	outcome: string;
	/** Answers that asked to come again, and no answers at all. */
	statuses: number[];
	/** A Retry-After came with every 503. */
	toldToWait: boolean;
}

/** Reports an event as the companion's sender does: the same id until a 2xx, with pauses that grow to two seconds. */
export async function reportUntilAccepted(url: URL, event: PlannedEvent, random: () => number): Promise<Accepted> {
	const statuses: number[] = [];
	let toldToWait = true;
	for (let pause = 100; ; pause = Math.min(2000, pause * 2)) {
		const answer = await report(url, event);
		if (answer !== undefined && answer.status < 300) {
			return { event, at: performance.now(), outcome: answer.outcome, statuses, toldToWait };
		}
		statuses.push(answer?.status ?? 0);
		if (answer?.status === 503 && answer.retryAfter === null) toldToWait = false;
		if (answer !== undefined && answer.status < 500) {
			throw new Error(`an event was answered with ${answer.status} ${answer.outcome}`);
		}
		await sleep(pause * (0.5 + random() / 2));
	}
}

/** Undefined when there was no answer in the time in which everything has to be well again. */
export async function report(url: URL, { id, type, by }: PlannedEvent) {
	try {
		const response = await fetch(new URL(`/v1/sessions/${by.sessionId}/events`, url), {
			method: "POST",
			headers: { "content-type": "application/json", authorization: `Bearer ${by.token}` },
			body: JSON.stringify({ id, type, occurred_at: new Date().toISOString(), details: { message: id } }),
			signal: AbortSignal.timeout(recoveryMs),
		});
		const body = answerBody.parse(await response.json());
		return {
			status: response.status,
			outcome: body.outcome ?? "",
			retryAfter: response.headers.get("retry-after"),
		};
	} catch {
		return undefined;
	}
}
