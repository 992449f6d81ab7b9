import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { ApiClient } from "./api-client.ts";
import { runCommand } from "./commands/index.ts";
import type { PairingInProgress } from "./commands/tools.ts";
import { SessionKeeper } from "./companion/keeper.ts";
import { clearLeftovers } from "./companion/leftovers.ts";
import { Login } from "./companion/login.ts";
import { showInSession } from "./desktop/show-in-session.ts";
import { readFields, text } from "./handlers/fields.ts";
import { handlers } from "./handlers/index.ts";
import type { HookOutput, HookTools } from "./handlers/tools.ts";
import { AskUser } from "./inbox/ask-user.ts";
import type { ToolSession } from "./inbox/mcp-tools.ts";
import { resumeSession } from "./inbox/resume.ts";
import type { MessagingSocket } from "./inbox/socket.ts";
import { type Log, reasonOf } from "./log.ts";
import { createMcpServer, sendChannelEvent } from "./mcp-server.ts";
import { waysInto } from "./session-ways.ts";
import type { Settings } from "./settings.ts";
import { AuthFile } from "./state/auth.ts";
import { isOpenInClient, removeDeadClientFiles } from "./state/client-files.ts";
import { clientCommand } from "./state/client-process.ts";
import { KnownSessions } from "./state/known-sessions.ts";
import { machineFingerprint } from "./state/machine.ts";
import { presenceOf } from "./state/presence.ts";
import { type SessionFile, SessionFiles } from "./state/session-files.ts";

export interface CompanionOptions {
	settings: Settings;
	log: Log;
	now: () => Date;
	/** A new UUIDv7. */
	newId: () => string;
	hostname: string;
	/** The Claude Code client that started this process. */
	clientPid: number;
	guessedSessionId: string | undefined;
	socket: MessagingSocket | undefined;
	/** The client's own settings files. */
	settingsFiles: string[];
	platform: NodeJS.Platform;
	/** What a client that goes on with another session is started with, and what says which terminal and desktop there is. */
	env: Record<string, string | undefined>;
	openPage: (url: string) => void;
	stdin: NodeJS.ReadStream;
	stdout: NodeJS.WriteStream;
	/** Ends the process. */
	exit: () => void;
	/** Calls back, synchronously, when the process ends by itself or by a signal that it takes. */
	onExit: (last: () => void) => void;
}

const common = { hook_event_name: text, session_id: text, cwd: text };

/** The plugin's process beside one Claude Code client: answers its hooks and does everything else in the background. */
export async function runCompanion(options: CompanionOptions): Promise<void> {
	const { settings, log, now, stdin, stdout, exit } = options;
	const { home } = settings;
	const fingerprint = machineFingerprint();
	const clients = new Map<string, ApiClient>();
	const apiFor = (server: string) => {
		const client = clients.get(server) ?? new ApiClient({ server, fingerprint });
		clients.set(server, client);
		return client;
	};
	const files = new SessionFiles(home, now);
	const api = settings.server === undefined ? { problem: settings.serverProblem ?? "" } : apiFor(settings.server);
	const login = new Login({ file: new AuthFile(home, now), api, log, now });
	const known = new KnownSessions(home, now);
	const resumeDeps = {
		command: () => clientCommand(options.clientPid),
		env: options.env,
		known: (id: string) => known.read(id),
		isLive: (id: string) => isOpenInClient(home, id),
		log,
	};
	const keeper = new SessionKeeper({
		...options,
		...settings,
		apiFor,
		login,
		files,
		known,
		resume: (message, signal) => resumeSession(resumeDeps, message, signal),
		ways: waysInto({ ...options, home, sendEvent: (event) => sendChannelEvent(server, event) }),
		isPresent: presenceOf(settings.presenceFile),
	});
	const onHook = hookAnswers(options, keeper, login);
	const server = createMcpServer({ onHook, session: toolSessions(options, keeper, apiFor), log });

	options.onExit(() => keeper.flush());
	stdin.once("end", exit).once("close", exit);
	// The client may be gone before its last answer is.
	stdout.on("error", exit);
	// Nothing comes before this: the client's first prompt waits for it.
	await server.connect(new StdioServerTransport(stdin, stdout));
	keeper.open();
	try {
		removeDeadClientFiles(home);
		await clearLeftovers({ apiFor, files, home, log, now, signal: new AbortController().signal });
	} catch (error) {
		log.warn(`what dead sessions left behind stays: ${reasonOf(error)}`);
	}
}

/** What Claude's tools need of the session that is monitored at the moment. */
function toolSessions(
	{ now, newId, log }: CompanionOptions,
	keeper: SessionKeeper,
	apiFor: (server: string) => ApiClient,
) {
	const asker = new AskUser({ now, newId, log });
	return (): ToolSession | undefined => {
		const { monitor } = keeper;
		if (monitor === undefined) return undefined;
		const asked = { api: apiFor(monitor.file.server), session: monitor.file };
		return {
			replies: monitor.replies,
			reportAndWait: (type, details, waitMs) => monitor.reportAndWait(type, details, waitMs),
			ask: (question, call) => asker.ask(question, asked, call),
		};
	};
}

function hookAnswers(options: CompanionOptions, keeper: SessionKeeper, login: Login) {
	const { settings, log, now, hostname, openPage } = options;
	const { home } = settings;
	const pairing: PairingInProgress = { listener: undefined, result: undefined, note: undefined };
	return async (input: unknown, call: AbortSignal): Promise<HookOutput> => {
		const { hook_event_name, session_id, cwd } = readFields(common, input);
		const handler = handlers.get(hook_event_name);
		if (handler === undefined) return {};
		keeper.identify(session_id);
		const { monitor } = keeper;
		const session = monitor?.file.claude_session_id === session_id ? monitor : undefined;
		const tools = { keeper, login, home, hostname, log, now, sessionId: session_id, cwd, openPage, pairing };
		return handler(input, {
			session,
			errors: settings.errors,
			call,
			showHere: session === undefined || !settings.desktop ? () => ({}) : shownHere(options, session.file),
			runCommand: (name, args) => runCommand(name, args, tools),
		});
	};
}

/** The notes of one session take each other's place. */
function shownHere(
	{ settings: { home }, platform, env, now }: CompanionOptions,
	{ session_id: group, description }: Pick<SessionFile, "session_id" | "description">,
): HookTools["showHere"] {
	return (note) => showInSession({ ...note, title: `Claude: ${description}`, group }, { platform, env, home, now });
}
