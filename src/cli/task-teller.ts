import type { z } from "zod";
import type { TaskUpdate, TaskUpdateKind } from "../contract/task-update.ts";
import type { startTask, taskFinished } from "../contract/tasks.ts";
import { TaskQueue } from "../state/task-queue.ts";
import type { LogFile } from "./log-file.ts";

export interface TaskTellerOptions {
	start: z.input<typeof startTask> & { id: string };
	title: string;
	home: string;
	now: () => Date;
	newId: () => string;
	/** Sends what is queued from a process that outlives us; resolves when that has ended. */
	sendLater: () => Promise<void>;
}

/** What waits while the server is away: the newest of each kind, and so many lines that matched. */
const maxWaiting = { started: 1, running: 1, partial: 1, regex: 20 } as const satisfies Record<TaskUpdateKind, number>;

/** Puts what a command says into the queue on disk and has it sent. Nothing in here waits for the network. */
export class TaskTeller {
	readonly #options: TaskTellerOptions;
	readonly #queue: TaskQueue;
	readonly #began = performance.now();
	readonly #waiting = new Map<TaskUpdateKind, string[]>();
	#sending: Promise<void> | undefined;
	/** Something came while the last sender was at work, and may have been too late for it. */
	#more = false;

	constructor(options: TaskTellerOptions) {
		this.#options = options;
		this.#queue = new TaskQueue(options.home);
	}

	/** Why the server refused what was told last, here or by another run; once. */
	refusal(): string | undefined {
		return this.#queue.takeRefusal();
	}

	update(kind: TaskUpdateKind, text: string): void {
		const { start, title, now, newId } = this.#options;
		const id = newId();
		const update: TaskUpdate = {
			type: "task_update",
			id,
			task_id: start.id,
			kind,
			title,
			running_ms: Math.round(performance.now() - this.#began),
			occurred_at: now().toISOString(),
			text,
		};
		this.#queue.put(id, { start, update });
		const ids = [...(this.#waiting.get(kind) ?? []), id];
		for (const old of ids.slice(0, -maxWaiting[kind])) this.#queue.remove(old);
		this.#waiting.set(kind, ids.slice(-maxWaiting[kind]));
		this.#send();
	}

	/** What tells that it runs is no news any more. Resolves when it has been sent, or cannot be now. */
	end(end: z.input<typeof taskFinished>, log?: LogFile): Promise<void> {
		for (const kind of ["running", "partial"] as const) {
			for (const id of this.#waiting.get(kind) ?? []) this.#queue.remove(id);
		}
		const id = this.#options.newId();
		const digest = log?.keepAs(this.#queue.logPath(id));
		this.#queue.put(id, { start: this.#options.start, end, ...(digest === undefined ? {} : { log: digest }) });
		return this.#options.sendLater();
	}

	/** One process at a time sends. */
	#send(): void {
		if (this.#sending !== undefined) {
			this.#more = true;
			return;
		}
		this.#more = false;
		this.#sending = this.#options.sendLater().then(() => {
			this.#sending = undefined;
			if (this.#more && this.#queue.ids().length > 0) this.#send();
		});
	}
}
