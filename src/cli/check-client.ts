import { createConnection } from "node:net";
import * as z from "zod";
import { readMessagingSocket } from "../settings.ts";
import { liveClients } from "../state/client-files.ts";
import { clientSettingsFiles, refusesMessages } from "../state/client-settings.ts";
import { type Check, fault, ok, skipped } from "./check.ts";
import type { CliTools } from "./command.ts";

/** A client that lists its plugins looks at the network too. */
const clientMs = 20_000;
const oldestNode = 20;

export function checkNode({ machine: { nodeVersion } }: CliTools): Check {
	const major = Number(/^v?(\d+)/.exec(nodeVersion)?.[1]);
	if (major >= oldestNode) return ok("node", nodeVersion);
	return fault("node", `${nodeVersion} is too old`, `Install Node ${oldestNode} or newer: https://nodejs.org`);
}

/** Claude Code itself, and whether it has the plugin. */
export async function checkPlugin(tools: CliTools): Promise<Check[]> {
	const { runProgram, machine } = tools;
	const isWindows = machine.platform === "win32";
	// Windows looks for programs in the current folder first, which may be a stranger's project.
	const place = isWindows ? { cwd: machine.userHome() } : {};
	const run = (...args: string[]) =>
		runProgram("claude", args, { env: machine.env, ...place, deadline: AbortSignal.timeout(clientMs) });
	const version = await run("--version");
	if (typeof version === "string" && isWindows) {
		// npm's claude.cmd runs in a shell only.
		return [skipped("claude", "there is no claude.exe on PATH to ask"), skipped("plugin", "only Claude Code knows")];
	}
	if (typeof version === "string") {
		const why = version === "late" ? "gave no answer" : "is not on PATH, or does not start";
		const cure = "Install it (https://code.claude.com), or put its folder on PATH.";
		return [fault("claude", `Claude Code ${why}`, cure), skipped("plugin", "only Claude Code knows")];
	}
	const listed = await run("plugin", "list", "--json");
	const plugin = typeof listed === "string" ? undefined : readPlugins(listed.stdout);
	return [ok("claude", version.stdout.trim()), judgePlugin(plugin, tools)];
}

const plugins = z.array(
	z.looseObject({
		id: z.string(),
		version: z.string().catch("?"),
		enabled: z.boolean().catch(true),
		errors: z.array(z.unknown()).catch([]),
	}),
);
type Plugin = z.infer<typeof plugins>[number];

/** `null`: it is not among them. */
function readPlugins(stdout: string): Plugin | null | undefined {
	try {
		const all = plugins.parse(JSON.parse(stdout)).filter(({ id }) => /^notify@/.test(id));
		return all.find(({ enabled }) => enabled) ?? all[0] ?? null;
	} catch {
		return undefined;
	}
}

function judgePlugin(plugin: Plugin | null | undefined, { home }: CliTools): Check {
	if (plugin === undefined) return skipped("plugin", "this Claude Code does not list its plugins");
	if (plugin === null) {
		// --plugin-dir is not listed, but its hooks have left their trace.
		if (liveClients(home).length > 0) return ok("plugin", "not installed, but an open session has it");
		const cure =
			"Install it as README.md says (claude plugin install notify@claude-notify), or start Claude Code with --plugin-dir.";
		return fault("plugin", "not installed", cure);
	}
	const { id, version, enabled, errors } = plugin;
	if (!enabled) return fault("plugin", `${id} is disabled`, `claude plugin enable ${id}`);
	if (errors.length > 0) {
		const reason = errors.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join("; ");
		return fault("plugin", `${id} has errors: ${reason}`, `claude plugin update ${id}, or install it anew`);
	}
	return ok("plugin", `${id} ${version}, enabled`);
}

/** Whether each open session has its companion, which answers the hooks. */
export async function checkCompanions({ home, machine, runProgram }: CliTools): Promise<Check> {
	const name = "companion";
	const clients = liveClients(home);
	if (clients.length === 0) return skipped(name, "no Claude Code session with the plugin is open");
	const options = { env: machine.env, deadline: AbortSignal.timeout(clientMs) };
	const listed = await runProgram("ps", ["-A", "-ww", "-o", "ppid=,args="], options);
	if (typeof listed === "string") return skipped(name, "this system does not tell which processes run");
	const parents = listed.stdout.split("\n").flatMap((line) => {
		const [, parent, command = ""] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
		return parent !== undefined && command.includes("companion.mjs") ? [Number(parent)] : [];
	});
	const without = clients.filter((pid) => !parents.includes(pid));
	if (without.length === 0) return ok(name, `hooks reach it in ${clients.length} open session(s)`);
	const cure = "Type /mcp in that session to see its state, and restart Claude Code; node must be on its PATH.";
	return fault(name, `not running beside Claude Code's process ${without.join(", ")}: its hooks do nothing`, cure);
}

/** What brings a reply into a session at once. */
export async function checkInbox({ machine: { env, userHome, platform } }: CliTools): Promise<Check> {
	const name = "inbox";
	if (refusesMessages(clientSettingsFiles(env, userHome(), platform))) {
		const cure = "Take crossSessionInbound out of settings.json; until then replies come when Claude is idle.";
		return fault(name, "Claude Code's settings keep messages out of its sessions", cure);
	}
	const socket = readMessagingSocket(env);
	if (socket === undefined) return ok(name, "Claude Code's settings let replies in");
	if (await answers(socket.path)) return ok(name, "this session's inbox takes replies");
	return fault(name, "this session's inbox does not answer", "Restart Claude Code with claude --continue.");
}

function answers(path: string): Promise<boolean> {
	return new Promise((resolve) => {
		const connection = createConnection(path);
		const end = (answer: boolean) => {
			connection.destroy();
			resolve(answer);
		};
		connection.setTimeout(2000, () => end(false));
		connection.once("connect", () => end(true)).once("error", () => end(false));
	});
}
