import { isConnectionLoss, stackOf } from "./db/errors.ts";
import type { Log } from "./domain/deps.ts";

export interface Timer {
	/** Resolves when the run under way, if any, has ended. */
	stop(): Promise<void>;
}

/**
 * Runs `task` every `ms`, never twice at once. What it throws is logged: a bug in a timer must not end the server.
 * A database that is away is told of once, until it is back.
 */
export function every(ms: number, name: string, task: () => Promise<unknown>, log: Log): Timer {
	let running: Promise<void> | undefined;
	let away = false;
	function note(error: unknown): void {
		const wasAway = away;
		away = isConnectionLoss(error);
		if (!away) log.error({ timer: name, stack: stackOf(error) }, "timer failed");
		else if (!wasAway) log.warn({ timer: name }, "timer waits for the database");
	}
	const timer = setInterval(() => {
		running ??= Promise.resolve()
			.then(task)
			.then(() => {
				away = false;
			}, note)
			.finally(() => {
				running = undefined;
			});
	}, ms);
	return {
		async stop() {
			clearInterval(timer);
			await running;
		},
	};
}
