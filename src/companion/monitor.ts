import type { ApiClient } from "../api-client.ts";
import { isGone, isPassing } from "../api-errors.ts";
import type { EventDetails, EventType } from "../contract/events.ts";
import { GivenInFile } from "../inbox/given.ts";
import { Inbox, type InboxOptions } from "../inbox/inbox.ts";
import type { SessionWays } from "../inbox/ways.ts";
import { type Log, reasonOf } from "../log.ts";
import { AskedApprovals } from "../state/asked-approvals.ts";
import type { SessionFile, SessionFiles } from "../state/session-files.ts";
import { Spool } from "../state/spool.ts";
import { Approvals } from "./approvals.ts";
import { EventSender, type SendResult } from "./event-sender.ts";
import { afterHookMs, Heartbeat } from "./heartbeat.ts";
import { Progress } from "./progress.ts";
import { Whereabouts, type WhereaboutsDeps } from "./whereabouts.ts";

export interface MonitorDeps extends WhereaboutsDeps {
	api: ApiClient;
	files: SessionFiles;
	home: string;
	log: Log;
	newId: () => string;
	heartbeatIntervalMs: number;
	ways: SessionWays;
	resume: InboxOptions["resume"];
	/** `claude -p` and the like: nobody sees a dialog. */
	headless: boolean;
	/** The server knows this session no more. */
	onGone: (monitor: Monitor) => void;
	/** Called with each heartbeat: what must happen now and then while a session runs. */
	onBeat: () => void;
}

/** One monitored session while its client runs: everything that is kept in memory, and the background work. */
export class Monitor {
	readonly replies: Inbox;
	readonly approvals: Approvals;
	/** What the session was last seen doing, for /notify-status. */
	doing = "working";
	readonly #deps: MonitorDeps;
	readonly #spool: Spool;
	readonly #sender: EventSender;
	readonly #heartbeat: Heartbeat;
	readonly #progress: Progress;
	readonly #whereabouts: Whereabouts;
	readonly #stop = new AbortController();
	#file: SessionFile;
	#lastActivity: Date;
	#idToTell: string | undefined;
	#unsaved: NodeJS.Timeout | undefined;
	#standingTasks = new Set<string>();

	constructor(deps: MonitorDeps, file: SessionFile) {
		this.#deps = deps;
		this.#file = file;
		this.#lastActivity = deps.now();
		this.#idToTell = file.claude_session_id;
		const { api, log, now, newId } = deps;
		const onGone = () => deps.onGone(this);
		this.#spool = new Spool(deps.home, file.session_id, log.warn);
		this.#sender = new EventSender({ spool: this.#spool, session: file, api, log, now, newId, onGone });
		this.#heartbeat = new Heartbeat(() => this.#beat(), deps.heartbeatIntervalMs);
		this.#progress = new Progress((seconds) => this.#tellProgress(seconds));
		this.#whereabouts = new Whereabouts(deps);
		this.approvals = new Approvals({
			...deps,
			session: file,
			whereabouts: this.#whereabouts,
			asked: new AskedApprovals(deps.home, file.session_id, log.warn),
			report: (type, details) => this.report(type, details),
			onGone,
		});
		this.replies = new Inbox({
			api,
			session: file,
			log,
			ways: deps.ways,
			resume: deps.resume,
			given: new GivenInFile({
				file: () => this.#file,
				save: (change) => this.#save(change),
				// With a prompt it comes along with what the person types here.
				onGiven: (via) => via === "prompt" || this.#whereabouts.answeredFromPhone(),
				now,
			}),
			onGone,
		});
	}

	get file(): SessionFile {
		return this.#file;
	}

	/** Events that the server has not taken yet. */
	get waitingEvents(): number {
		return this.#sender.waiting;
	}

	/** `resumed`: replies that came while nobody was there wait for the next prompt. `restarted`: so did the companion, and its client lived on. */
	start({ resumed }: { resumed: boolean | "restarted" }): void {
		this.#heartbeat.start();
		this.replies.start({ resumed });
		this.approvals.start();
		this.#sender.wake();
	}

	/** Ends the background work; the files stay. Resolves when the spool is free for others. */
	async close(): Promise<void> {
		this.flush();
		this.#stop.abort();
		this.#heartbeat.stop();
		this.#progress.turnEnded();
		this.replies.close();
		await Promise.all([this.approvals.close(), this.#sender.close()]);
	}

	/** The same, and what waits is thrown away: nobody will take it. */
	async discard(): Promise<void> {
		clearTimeout(this.#unsaved);
		this.#unsaved = undefined;
		await this.close();
		this.#spool.discard();
	}

	/** The same session under the id that /clear gave it. */
	moveTo(claudeSessionId: string, transcript: string | undefined): void {
		this.flush();
		this.#guarded(() => {
			const { transcript: before, recent = [], ...file } = this.#file;
			const left = before === undefined ? [] : recent.map((reply) => ({ transcript: before, ...reply }));
			this.#file = this.#deps.files.move({ ...file, transcript, recent: left }, claudeSessionId);
		});
		this.replies.conversationEnded();
		this.#idToTell = claudeSessionId;
		this.#heartbeat.soon();
	}

	activity(): void {
		this.#lastActivity = this.#deps.now();
		if (this.doing.startsWith("waiting")) this.doing = "working";
	}

	/** The person typed a prompt or one of our commands, here at the computer. */
	attended(): void {
		this.#whereabouts.typedHere();
		this.approvals.personReturned();
		this.#heartbeat.soon();
	}

	turnStarted(): void {
		this.activity();
		this.doing = "working";
		this.#progress.turnStarted();
		this.replies.turnStarted();
		this.approvals.turnEnded("");
		this.#saveTurn("open");
		this.#heartbeat.soon();
	}

	/** `open`: the turn ended and nothing was sent about it. */
	turnEnded(outcome: "done" | "failed" | "open"): void {
		this.activity();
		this.idle();
		this.#saveTurn(outcome);
	}

	/** The client says that it waits for a prompt, also after an interrupt, which no other hook tells. */
	idle(): void {
		this.doing = "idle";
		this.#progress.turnEnded();
		this.replies.turnEnded();
		this.approvals.turnEnded("");
	}

	/** Which of these background tasks were not there yet when the last turn ended: a server that was left running holds nothing back. */
	newTasks(ids: string[]): string[] {
		const fresh = ids.filter((id) => !this.#standingTasks.has(id));
		this.#standingTasks = new Set(ids);
		return fresh;
	}

	report(type: EventType, details: EventDetails): void {
		this.#sender.report(type, details, this.#whereabouts.report());
	}

	/** For callers that can wait: what the server said, or "later". */
	async reportAndWait(type: EventType, details: EventDetails, waitMs: number): Promise<SendResult> {
		return this.#sender.resultOf(this.#sender.report(type, details, this.#whereabouts.report()), waitMs);
	}

	/** What waits for an answer was told when it began to. */
	#tellProgress(seconds: number): void {
		if (!this.doing.startsWith("waiting")) this.report("progress", { running_seconds: seconds });
	}

	async #beat(): Promise<void> {
		const { api, now, log, onGone, onBeat } = this.#deps;
		const told = this.#idToTell;
		onBeat();
		try {
			const answer = await api.heartbeat(
				this.#file,
				{
					timestamp: now().toISOString(),
					last_activity: this.#lastActivity.toISOString(),
					...this.#whereabouts.report(),
					...(told === undefined ? {} : { claude_session_id: told }),
				},
				this.#stop.signal,
			);
			if (this.#idToTell === told) this.#idToTell = undefined;
			if (!answer.monitoring) return onGone(this);
			this.#progress.every(answer.progress);
			if (this.#sender.waiting > 0) this.#sender.wake();
			this.replies.wake();
		} catch (error) {
			if (this.#stop.signal.aborted) return;
			if (isGone(error)) return onGone(this);
			if (isPassing(error)) log.debug(`heartbeat: ${error.message}`);
			else log.warn(`heartbeat: ${reasonOf(error)}`);
		}
	}

	/** Writes what is still only in memory: before the process ends. */
	flush(): void {
		if (this.#unsaved !== undefined) this.#save({});
	}

	/** After the hook's answer: what a kill within that moment loses is one "done" at the session's end. */
	#saveTurn(turn: SessionFile["turn"]): void {
		if (this.#file.turn === turn) return;
		this.#file = { ...this.#file, turn };
		this.#unsaved ??= setTimeout(() => this.flush(), afterHookMs);
	}

	#save(change: Partial<SessionFile>): void {
		clearTimeout(this.#unsaved);
		this.#unsaved = undefined;
		this.#file = { ...this.#file, ...change };
		this.#guarded(() => this.#deps.files.write(this.#file));
	}

	#guarded(work: () => void): void {
		try {
			work();
		} catch (error) {
			this.#deps.log.warn(`the session's file cannot be written: ${reasonOf(error)}`);
		}
	}
}
