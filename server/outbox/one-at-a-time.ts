import { reasonOf } from "../db/errors.ts";
import type { Log } from "../domain/deps.ts";

export interface Task {
	run(): void;
	/** Resolves when nothing runs any more. */
	idle(): Promise<void>;
}

/** Runs `work` never twice at once; a call meanwhile runs it once more afterwards. `note` hears how each run ended. */
export function oneAtATime(work: () => Promise<void>, note: (error: unknown) => void): Task {
	let running: Promise<void> | undefined;
	let again = false;
	function run(): void {
		if (running !== undefined) {
			again = true;
			return;
		}
		again = false;
		running = work()
			.then(() => note(undefined), note)
			.finally(() => {
				running = undefined;
				if (again) run();
			});
	}
	return {
		run,
		async idle() {
			while (running !== undefined) await running;
		},
	};
}

/** Tells of a failure once until the work goes well again: it is tried every second. */
export function onceInARow(log: Log, message: string): (error: unknown) => void {
	let failing = false;
	return (error) => {
		const reason = reasonOf(error);
		if (error !== undefined && !failing) log.warn({ reason }, message);
		failing = error !== undefined;
	};
}
