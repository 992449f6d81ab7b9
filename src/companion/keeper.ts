import { basename } from "node:path";
import type { ApiClient } from "../api-client.ts";
import { cutText } from "../contract/cut-text.ts";
import { maxDescription, type StopSession } from "../contract/sessions.ts";
import { reasonOf } from "../log.ts";
import { readClientFile } from "../state/client-files.ts";
import { isSafeName } from "../state/files.ts";
import type { KnownSessions } from "../state/known-sessions.ts";
import { Spool } from "../state/spool.ts";
import { type Finished, finishSession } from "./finish-session.ts";
import { isOwned } from "./leftovers.ts";
import type { Login } from "./login.ts";
import { Monitor, type MonitorDeps } from "./monitor.ts";

export interface KeeperDeps extends Omit<MonitorDeps, "api" | "onGone" | "onBeat"> {
	/** Sessions belong to the server that they were started on. */
	apiFor: (server: string) => ApiClient;
	login: Login;
	/** Remembers what ran here, for replies that come after the end. */
	known: Pick<KnownSessions, "add">;
	/** The client whose companion this is. */
	clientPid: number;
	/** CLAUDE_CODE_SESSION_ID: a guess only, wrong with `--continue` and stale after /clear. */
	guessedSessionId: string | undefined;
	hostname: string;
	inactivityThresholdMs: number;
	autoStart: boolean;
}

export class AlreadyMonitoring extends Error {
	override readonly name = "AlreadyMonitoring";
	override readonly message = "Session already monitoring. Use /notify-stop first.";
}

/** Session ids that the client gives to another conversation than the one before. All others (clear, compact) go on with the same. */
const switches = ["resume", "startup"];

/** How often the client's file is looked at: hooks carry the id too, this is for the time between them. */
const pollMs = 300;

/** Knows which session this client is in, and whether it is monitored. One client has one session at a time. */
export class SessionKeeper {
	/** Why monitoring ended by itself, for /notify-status. */
	note: string | undefined;
	readonly #deps: KeeperDeps;
	readonly #startedAt: number;
	#current: string | undefined;
	#monitor: Monitor | undefined;
	#starting: Promise<Monitor> | undefined;
	#poll: NodeJS.Timeout | undefined;
	#readAt = 0;

	constructor(deps: KeeperDeps) {
		this.#deps = deps;
		this.#startedAt = deps.now().getTime();
	}

	get monitor(): Monitor | undefined {
		return this.#monitor;
	}

	/** Claude Code's id of the session, as far as it is known. */
	get current(): string | undefined {
		return this.#current;
	}

	/** Looks for a session to go on with, and follows the client's file from then on. */
	open(): void {
		const { guessedSessionId } = this.#deps;
		if (guessedSessionId !== undefined) this.identify(guessedSessionId);
		this.#readClientFile();
		this.#poll = setInterval(() => this.#readClientFile(), pollMs);
	}

	/** To be called when the process ends: writes what is still only in memory. */
	flush(): void {
		this.#monitor?.flush();
	}

	/** Ends the background work and leaves all files as they are. */
	async close(): Promise<void> {
		clearInterval(this.#poll);
		const monitor = this.#monitor;
		this.#monitor = undefined;
		await monitor?.close();
	}

	/** Called with the id that each hook carries. Reads the disk only when the id is a new one. */
	identify(id: string): void {
		if (id === this.#current || !isSafeName(id)) return;
		this.#current = id;
		const monitor = this.#monitor;
		if (monitor?.file.claude_session_id === id) return;
		if (monitor !== undefined) {
			const { home, clientPid, log } = this.#deps;
			const told = readClientFile(home, clientPid);
			if (told?.session_id !== id || !switches.includes(told.source)) {
				monitor.moveTo(id, this.#transcriptOf(id));
				return;
			}
			// Another conversation now; the SessionEnd hook ends the old one.
			this.#monitor = undefined;
			monitor.close().catch((error: unknown) => log.warn(reasonOf(error)));
		}
		this.#goOn(id);
	}

	/** Throws AlreadyMonitoring, and what the login and the API throw. */
	async start(id: string, description: string, cwd: string): Promise<Monitor> {
		if (this.#starting !== undefined) await this.#starting.catch(() => undefined);
		if (this.#monitor !== undefined || this.#starting !== undefined) throw new AlreadyMonitoring();
		this.#starting = this.#startOnce(id, description, cwd).finally(() => {
			this.#starting = undefined;
		});
		return this.#starting;
	}

	async #startOnce(id: string, description: string, cwd: string): Promise<Monitor> {
		const { apiFor, login, files, now, hostname, clientPid, heartbeatIntervalMs, inactivityThresholdMs } = this.#deps;
		const { server } = login.read();
		const left = files.read(id);
		// The server must hear of an earlier end first, or it takes this for a second start.
		if (left?.ended !== undefined) await finishSession({ ...this.#deps, api: apiFor(left.server) }, left, left.ended);
		const startedAt = now().toISOString();
		const session = {
			claude_session_id: id,
			description,
			hostname,
			cwd,
			started_at: startedAt,
			heartbeat_interval_ms: heartbeatIntervalMs,
			inactivity_threshold_ms: inactivityThresholdMs,
		};
		const started = await login.call((token) => login.api.startSession(token, session));
		const { session_id, session_token, handle } = started;
		const file = { session_id, session_token, handle, server, description, started_at: startedAt };
		const transcript = this.#transcriptOf(id);
		const known = { claude_session_id: id, client_pid: clientPid, ...(transcript === undefined ? {} : { transcript }) };
		const whole = { ...file, ...known, turn: "none" as const, given: [] };
		files.write(whole);
		this.note = undefined;
		this.#current = id;
		return this.#run(whole, false);
	}

	/** Ends monitoring here at once, and on the server as soon as it answers. */
	async stop(end: StopSession): Promise<Finished | undefined> {
		const monitor = this.#monitor;
		if (monitor === undefined) return undefined;
		this.#monitor = undefined;
		await monitor.close();
		return finishSession({ ...this.#deps, api: this.#deps.apiFor(monitor.file.server) }, monitor.file, end);
	}

	/** Logged out: no session of this machine can say anything any more. */
	async forgetAll(): Promise<void> {
		const { files, home, log } = this.#deps;
		const monitor = this.#monitor;
		this.#monitor = undefined;
		await monitor?.discard();
		for (const file of files.all()) {
			new Spool(home, file.session_id, log.warn).discard();
			files.remove(file.claude_session_id);
		}
	}

	#transcriptOf(id: string): string | undefined {
		const told = readClientFile(this.#deps.home, this.#deps.clientPid);
		return told?.session_id === id ? told.transcript : undefined;
	}

	/** Goes on with a session that was monitored when its client died, without a new start. */
	#goOn(id: string): void {
		const { files, home, clientPid, log } = this.#deps;
		const file = files.read(id);
		if (file === undefined || file.ended !== undefined) return;
		if (file.client_pid !== clientPid && isOwned(home, file)) {
			this.note = "Another Claude Code window monitors this session.";
			return;
		}
		log.info(`monitoring of "${file.description}" goes on`);
		const taken = { ...file, client_pid: clientPid };
		if (file.client_pid !== clientPid) files.write(taken);
		this.#run(taken, file.client_pid === clientPid ? "restarted" : true);
	}

	#run(file: Monitor["file"], resumed: boolean | "restarted"): Monitor {
		const monitor = new Monitor(
			{
				...this.#deps,
				api: this.#deps.apiFor(file.server),
				onGone: (gone) => this.#gone(gone),
				onBeat: () => this.#deps.login.refreshIfDue(),
			},
			file,
		);
		this.#monitor = monitor;
		this.#remember();
		monitor.start({ resumed });
		return monitor;
	}

	#gone(monitor: Monitor): void {
		const { files, log } = this.#deps;
		if (this.#monitor === monitor) this.#monitor = undefined;
		files.remove(monitor.file.claude_session_id);
		this.note =
			"The server has ended monitoring of this session (stopped, logged out or lost). /notify-start starts it again.";
		log.warn(this.note);
		monitor.discard().catch((error: unknown) => log.warn(reasonOf(error)));
	}

	#readClientFile(): void {
		const { home, clientPid, guessedSessionId, autoStart, log } = this.#deps;
		const file = readClientFile(home, clientPid);
		if (file === undefined || file.writtenAt === this.#readAt) return;
		this.#readAt = file.writtenAt;
		// Left by a dead client that had the same process id.
		const fresh = file.writtenAt > this.#startedAt - 60_000;
		if (!fresh && file.session_id !== guessedSessionId) return;
		this.identify(file.session_id);
		this.#remember();
		if (!autoStart || !["startup", "resume"].includes(file.source)) return;
		this.#startByItself(file.session_id, file.cwd).catch((error: unknown) => {
			this.note = `Monitoring did not start by itself: ${reasonOf(error)}`;
			log.warn(this.note);
		});
	}

	/** The folder in which the session began is the one that it can be resumed in. */
	#remember(): void {
		const { home, clientPid, known, log } = this.#deps;
		const file = readClientFile(home, clientPid);
		if (file === undefined || file.cwd === "" || file.session_id !== this.#monitor?.file.claude_session_id) return;
		try {
			known.add(file.session_id, { cwd: file.cwd });
		} catch (error) {
			log.warn(`the session cannot be noted: ${reasonOf(error)}`);
		}
	}

	async #startByItself(id: string, cwd: string): Promise<void> {
		if (this.#monitor === undefined) await this.start(id, cutText(basename(cwd) || "Claude Code", maxDescription), cwd);
	}
}
