import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { eventsOf, type HookedAgent } from "./agent-events.ts";
import { addHooks, type HookEntry, removeHooks, type WasThere } from "./hook-entries.ts";
import { addPlugin, pluginFromElsewhere, removePlugin } from "./plugin-entries.ts";

/** The machine that agents are set up on; only the entry may read it. */
export interface AgentMachine {
	platform: NodeJS.Platform;
	env: Readonly<Record<string, string | undefined>>;
	userHome: () => string;
	/** The folder of the bundle that runs. */
	bundle: string;
}

/** One program that calls us, and how. */
export interface Target {
	name: TargetName;
	/** Its settings of this user. */
	file(machine: AgentMachine): string;
	/** With our entries in it; the same text where they are. Throws SettingsProblem. */
	add(text: string, place: Place): string;
	/** Without them. */
	remove(text: string, wasThere: WasThere): string;
	/** What of ours is there already in another way, so that nothing shall be added. */
	elsewhere(text: string): string | undefined;
	/** What the person does next. */
	next: string;
}

export const targetNames = ["claude", "codex", "gemini"] as const;
export type TargetName = (typeof targetNames)[number];

/** Where the hooks lead. */
export interface Place {
	/** The folder of the stable copy. */
	stable: string;
	platform: NodeJS.Platform;
}

/** Codex gives the end of a session no more, and warns at each start of a hook that asks for more. */
const codexEndSeconds = 3;

export const targets = {
	claude: {
		name: "claude",
		file: ({ env, userHome }) => join(folderOf(env["CLAUDE_CONFIG_DIR"], userHome, ".claude"), "settings.json"),
		add: (text, { stable }) => addPlugin(text, stable),
		remove: removePlugin,
		elsewhere: pluginFromElsewhere,
		next: "Claude Code has the plugin from its next session on; type /notify-start in it.",
	},
	codex: {
		...hooked("codex", { comments: false, timeout: (event) => (event === "SessionEnd" ? codexEndSeconds : 10) }),
		file: ({ env, userHome }) => join(folderOf(env["CODEX_HOME"], userHome, ".codex"), "hooks.json"),
		next: "Codex runs new hooks only after you trust them: start codex and look at /hooks.",
	},
	gemini: {
		...hooked("gemini", { comments: true, timeout: () => 10_000, named: true }),
		file: ({ env, userHome }) => join(folderOf(env["GEMINI_CLI_HOME"], userHome, ""), ".gemini", "settings.json"),
		next: "Gemini has the hooks from its next session on.",
	},
} as const satisfies { readonly [name in TargetName]: Target };

/** `timeout` in the agent's own unit. */
interface HookShape {
	/** They may stand in its settings. */
	comments: boolean;
	timeout: (event: string) => number;
	/** Its hooks have names. */
	named?: true;
}

function hooked(agent: HookedAgent, { comments, timeout, named }: HookShape) {
	const isOurs = (event: string, command: string) => isHookCommand(agent, event, command);
	return {
		name: agent,
		add: (text: string, place: Place) => addHooks(text, entriesOf(place), comments, isOurs),
		remove: (text: string, wasThere: WasThere) => removeHooks(text, comments, isOurs, wasThere),
		elsewhere: () => undefined,
	};
	function entriesOf(place: Place): HookEntry[] {
		const name = named === undefined ? {} : { name: "claude-notify" };
		return eventsOf(agent).map((event) => {
			const command = hookCommand(agent, event, place);
			return { event, hook: { ...name, type: "command", command, timeout: timeout(event) } };
		});
	}
}

/** A line for the shell that the agent hands it to. */
export function hookCommand(agent: HookedAgent, event: string, { stable, platform }: Place): string {
	return `node ${quoted(join(stable, "cli.cjs"), platform)} hook ${event} --cli ${agent}`;
}

function isHookCommand(agent: HookedAgent, event: string, command: string): boolean {
	const end = `hook ${event} --cli ${agent}`;
	return /cli\.[cm]js/.test(command) && new RegExp(` ${end}(?: |$)`).test(command);
}

function quoted(path: string, platform: NodeJS.Platform): string {
	return platform === "win32" ? `"${path}"` : `'${path.replaceAll("'", "'\\''")}'`;
}

function folderOf(given: string | undefined, userHome: () => string, usual: string): string {
	return given === undefined || given.trim() === "" ? join(userHome(), usual) : resolve(given);
}

/** Whether the program seems to be here: its settings' folder is. */
export function isHere(target: Target, machine: AgentMachine): boolean {
	return existsSync(dirname(target.file(machine)));
}
