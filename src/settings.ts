import { type LogLevel, logLevels } from "./log.ts";
import { notifyHome } from "./state/home.ts";

export const errorFilters = ["all", "blocking", "off"] as const;
export type ErrorFilter = (typeof errorFilters)[number];

export interface Settings {
	/** Without a slash at its end; undefined when what was given cannot be used: `serverProblem` says why. */
	server: string | undefined;
	serverProblem: string | undefined;
	home: string;
	heartbeatIntervalMs: number;
	inactivityThresholdMs: number;
	logLevel: LogLevel;
	autoStart: boolean;
	errors: ErrorFilter;
	/** Show a note on this computer too. */
	desktop: boolean;
	/** Claude Code's own variable: the file is there while somebody is at the computer. */
	presenceFile: string | undefined;
	/** `claude -p` started this session: there is no terminal with a dialog. */
	headless: boolean;
}

type Source = Record<string, string | undefined>;

const defaultServer = "http://127.0.0.1:8787";
const loopbackHosts = ["127.0.0.1", "[::1]", "localhost"];

/**
 * The environment wins over the plugin's userConfig, which .mcp.json passes on as CLAUDE_NOTIFY_OPTION_*.
 * A value that cannot be used leaves the default and one warning; a server address that cannot be used is never replaced, so that nothing is sent elsewhere.
 */
export function readSettings(source: Source, userHome: () => string, warn: (message: string) => void): Settings {
	const number = (name: string, fallback: number, min: number, max: number) => {
		const text = given(source, name);
		if (text === undefined) return fallback;
		const value = Number(text);
		if (/^\d+$/.test(text) && value >= min && value <= max) return value;
		warn(`${name} must be whole milliseconds from ${min} to ${max}; using ${fallback}.`);
		return fallback;
	};
	const oneOf = <T extends string>(names: string[], allowed: readonly T[], fallback: T): T => {
		const name = names.find((candidate) => given(source, candidate) !== undefined);
		if (name === undefined) return fallback;
		const text = given(source, name)?.toLowerCase();
		const value = allowed.find((candidate) => candidate === text);
		if (value === undefined) warn(`${name} must be one of ${allowed.join(", ")}; using ${fallback}.`);
		return value ?? fallback;
	};
	return {
		...readServer(source),
		home: notifyHome(source, userHome),
		heartbeatIntervalMs: number("CLAUDE_NOTIFY_HEARTBEAT_INTERVAL", 30_000, 1000, 3_600_000),
		inactivityThresholdMs: number("CLAUDE_NOTIFY_INACTIVITY_THRESHOLD", 600_000, 1000, 86_400_000),
		logLevel: oneOf(["CLAUDE_NOTIFY_LOG_LEVEL"], logLevels, "info"),
		autoStart:
			oneOf(["CLAUDE_NOTIFY_AUTO_START", "CLAUDE_NOTIFY_OPTION_AUTO_START"], ["true", "false"], "false") === "true",
		errors: oneOf(["CLAUDE_NOTIFY_ERRORS", "CLAUDE_NOTIFY_OPTION_ERRORS"], errorFilters, "blocking"),
		desktop: oneOf(["CLAUDE_NOTIFY_DESKTOP", "CLAUDE_NOTIFY_OPTION_DESKTOP"], ["true", "false"], "false") === "true",
		presenceFile: given(source, "CLAUDE_CLIENT_PRESENCE_FILE"),
		headless: given(source, "CLAUDE_CODE_ENTRYPOINT") === "sdk-cli",
	};
}

/** Empty counts as unset, and so does a placeholder that a client did not expand. */
function given(source: Source, name: string): string | undefined {
	const value = source[name]?.trim();
	return value === undefined || value === "" || /^\$\{.*\}$/.test(value) ? undefined : value;
}

function readServer(source: Source): Pick<Settings, "server" | "serverProblem"> {
	const fromEnv = given(source, "CLAUDE_NOTIFY_URL");
	const name = fromEnv === undefined ? "The plugin's option server_url" : "CLAUDE_NOTIFY_URL";
	const address = fromEnv ?? given(source, "CLAUDE_NOTIFY_OPTION_SERVER_URL") ?? defaultServer;
	const problem = (rule: string) => ({ server: undefined, serverProblem: `${name} ${rule}` });
	if (!URL.canParse(address)) return problem("is not a URL. Example: https://notify.example.com");
	const url = new URL(address);
	if (url.protocol !== "https:" && url.protocol !== "http:") return problem("must start with https://");
	if (url.username !== "" || url.password !== "") return problem("must not hold a user name or a password.");
	if (url.protocol === "http:" && !loopbackHosts.includes(url.hostname)) {
		return problem("must be https: plain http is for this machine itself (127.0.0.1) only.");
	}
	return { server: `${url.origin}${url.pathname.replace(/\/+$/, "")}`, serverProblem: undefined };
}

/** Whether there is a screen here that a page could be shown on. */
export function hasDesktop(source: Source, platform: NodeJS.Platform): boolean {
	const has = (name: string) => given(source, name) !== undefined;
	if (has("SSH_CONNECTION") || has("SSH_TTY") || has("CI")) return false;
	return platform === "darwin" || platform === "win32" || has("DISPLAY") || has("WAYLAND_DISPLAY");
}

/** The inbox of the session that started this process; not there on Bedrock, Vertex and with --bare. */
export function readMessagingSocket(source: Source): { path: string; token: string | undefined } | undefined {
	const path = given(source, "CLAUDE_CODE_MESSAGING_SOCKET");
	return path === undefined ? undefined : { path, token: given(source, "CLAUDE_CODE_MESSAGING_TOKEN") };
}
