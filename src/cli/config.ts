import type { UserSettings } from "../contract/settings.ts";
import { type CliResult, type CliTools, cliCommand, UsageError } from "./command.ts";
import { askSettings } from "./config-dialog.ts";

type Shown = UserSettings["settings"][number];

const usage = "Use: claude-notify config list, get quiet, set quiet=22:00-07:00 delay=30, unset quiet";

/** The settings of /notify-settings: they are the user's, for all machines and sessions. */
export const config = cliCommand({
	name: "config",
	summary: "Show and change your settings: quiet hours, delay, priorities, limits (asks for them at a terminal)",
	example: "claude-notify config set quiet=22:00-07:00 delay=30",
	args: {
		action: { type: "positional", required: false, description: "list, get KEY, set KEY=VALUE …, unset KEY …" },
	},
	async run({ _: [action, ...words] }, tools): Promise<CliResult> {
		if (action === undefined) return (await askSettings(tools, await read(tools), change)) ?? list(await read(tools));
		if (action === "list" && words.length === 0) return list(await read(tools));
		if (action === "get" && words.length === 1) return get(words[0] ?? "", await read(tools));
		if (action === "set" && words.length > 0) return change(pairsIn(words), tools);
		if (action === "unset" && words.length > 0) {
			return change(new Map(words.map((key) => [key.toLowerCase(), null])), tools);
		}
		throw new UsageError(usage);
	},
});

async function read({ login }: CliTools): Promise<Shown[]> {
	return (await login.call((token) => login.api.settings(token))).settings;
}

async function change(values: ReadonlyMap<string, string | null>, { login }: CliTools): Promise<CliResult> {
	const { settings } = await login.call((token) => login.api.changeSettings(token, Object.fromEntries(values)));
	const changed = settings.filter(({ key }) => values.has(key));
	const usual = [...values.keys()].filter((key) => !changed.some((each) => each.key === key));
	return {
		data: changed,
		text: [...changed.map(line), ...usual.map((key) => `${key} is as usual again`)].join("\n"),
	};
}

function list(all: Shown[]): CliResult {
	return { data: all, text: all.map((each) => `${line(each).padEnd(34)}  ${each.help}`).join("\n") };
}

function get(key: string, all: Shown[]): CliResult {
	const found = all.find((each) => each.key === key.toLowerCase());
	if (found !== undefined) return { data: found, text: String(found.value) };
	throw new UsageError(`There is no setting ${key}, or it is as usual. claude-notify config list shows them.`);
}

/** `quiet=22:00-07:00 delay=30`, or `quiet 22:00-07:00`. */
function pairsIn(words: string[]): Map<string, string | null> {
	const [key = "", value, more] = words;
	if (value !== undefined && more === undefined && !key.includes("=")) return pair(key, value);
	return new Map(
		words.flatMap((word) => {
			const at = word.indexOf("=");
			if (at < 1 || at === word.length - 1) throw new UsageError(usage);
			return [...pair(word.slice(0, at), word.slice(at + 1))];
		}),
	);
}

/** `default` brings the usual value back, as it does in /notify-settings. */
function pair(key: string, value: string): Map<string, string | null> {
	return new Map([[key.trim().toLowerCase(), value.trim() === "default" ? null : value.trim()]]);
}

function line({ key, value, default: usual }: Shown): string {
	return `${key}=${value}${value === usual ? "" : ` (usually ${usual})`}`;
}
