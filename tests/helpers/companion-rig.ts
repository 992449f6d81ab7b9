import { uuidv7 } from "uuidv7";
import { ApiClient } from "../../src/api-client.ts";
import { runCommand } from "../../src/commands/index.ts";
import type { CommandTools, PairingInProgress } from "../../src/commands/tools.ts";
import { SessionKeeper } from "../../src/companion/keeper.ts";
import { Login } from "../../src/companion/login.ts";
import type { SessionWays } from "../../src/inbox/ways.ts";
import { createLog } from "../../src/log.ts";
import { AuthFile } from "../../src/state/auth.ts";
import { KnownSessions } from "../../src/state/known-sessions.ts";
import { SessionFiles } from "../../src/state/session-files.ts";
import { type ScriptedServer, someTokens } from "./scripted-server.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

export interface CompanionRigOptions {
	home?: TemporaryFolder;
	/** The client's process id; by default one that lives: ours. */
	clientPid?: number;
	guessedSessionId?: string;
	autoStart?: boolean;
	ways?: Partial<SessionWays>;
	/** False: nothing is paired. */
	paired?: boolean;
	serverProblem?: string;
	heartbeatIntervalMs?: number;
	isPresent?: () => boolean | undefined;
	headless?: boolean;
}

/** The parts of one companion, wired as run-companion.ts wires them, without the MCP server. */
export interface CompanionRig extends AsyncDisposable {
	home: string;
	keeper: SessionKeeper;
	login: Login;
	file: AuthFile;
	files: SessionFiles;
	log: string[];
	opened: string[];
	pairing: PairingInProgress;
	/** Types a slash command in the session `sid`. */
	type(command: string, args?: string, sid?: string): Promise<string>;
}

const now = () => new Date();

export async function companionRig(server: ScriptedServer, options: CompanionRigOptions = {}): Promise<CompanionRig> {
	const folder = options.home ?? (await temporaryFolder());
	const lines: string[] = [];
	const log = createLog("debug", (line) => lines.push(line));
	const apiFor = (url: string) => new ApiClient({ server: url, fingerprint: "f".repeat(64), timeoutMs: 3000 });
	const file = new AuthFile(folder.path, now);
	if (options.paired !== false && file.read().state === "none") {
		file.pair(server.url, someTokens("access-1", new Date(Date.now() + 129_600_000)));
	}
	const api = options.serverProblem === undefined ? apiFor(server.url) : { problem: options.serverProblem };
	const login = new Login({ file, api, log, now });
	const files = new SessionFiles(folder.path, now);
	const keeper = new SessionKeeper({
		apiFor,
		login,
		files,
		home: folder.path,
		log,
		now,
		newId: uuidv7,
		known: new KnownSessions(folder.path, now),
		resume: () => Promise.resolve({ state: "refused" as const }),
		ways: { socket: undefined, refused: () => false, channel: undefined, doorbell: undefined, ...options.ways },
		clientPid: options.clientPid ?? process.pid,
		guessedSessionId: options.guessedSessionId,
		hostname: "laptop",
		heartbeatIntervalMs: options.heartbeatIntervalMs ?? 30_000,
		isPresent: options.isPresent ?? (() => undefined),
		headless: options.headless ?? false,
		inactivityThresholdMs: 600_000,
		autoStart: options.autoStart ?? false,
	});
	const pairing: PairingInProgress = { listener: undefined, result: undefined, note: undefined };
	const opened: string[] = [];
	const toolsFor = (sessionId: string): CommandTools => ({
		keeper,
		login,
		home: folder.path,
		hostname: "laptop",
		log,
		now,
		sessionId,
		cwd: "/work/api",
		openPage: (url) => void opened.push(url),
		pairing,
	});
	return {
		home: folder.path,
		keeper,
		login,
		file,
		files,
		log: lines,
		opened,
		pairing,
		async type(command, args = "", sid = "aaa") {
			const answer = await runCommand(command, args, toolsFor(sid));
			if (answer === undefined) throw new Error(`${command} is no command`);
			return answer;
		},
		async [Symbol.asyncDispose]() {
			pairing.listener?.close();
			await keeper.close();
			if (options.home === undefined) await folder[Symbol.asyncDispose]();
		},
	};
}
