import type { Log } from "./domain/deps.ts";

export interface Timer {
	/** Resolves when the run under way, if any, has ended. */
	stop(): Promise<void>;
}

/** Runs `task` every `ms`, never twice at once. What it throws is logged: a bug in a timer must not end the server. */
export function every(ms: number, name: string, task: () => Promise<unknown>, log: Log): Timer {
	let running: Promise<void> | undefined;
	const timer = setInterval(() => {
		running ??= Promise.resolve()
			.then(task)
			.then(
				() => undefined,
				(error: unknown) => {
					log.error({ timer: name, stack: error instanceof Error ? error.stack : "unknown" }, "timer failed");
				},
			)
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
