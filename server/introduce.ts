import { relative } from "node:path";
import { channelEntries } from "./channels/index.ts";
import type { Provider } from "./channels/provider.ts";
import type { ChannelEntry } from "./channels/registry.ts";
import type { Env } from "./env.ts";
import { projectRoot, type RunningServer } from "./start.ts";

const defaultAddress = "http://127.0.0.1:8787";
const wizard = "npm run configure";

/** What the server says when it is up: which channels are real, and what to do next. */
export function introduction({ url, deps }: RunningServer, env: Env, folder: string): string[] {
	const simulator = [...deps.channels.values()].some((channel) => channel.simulated);
	const missing = channelEntries.some(({ definition }) => !env.channels.has(definition.name));
	// The plugin looks at the default address unless it is told another.
	const address = url.origin === defaultAddress ? "" : `CLAUDE_NOTIFY_URL=${deps.publicUrl.origin} `;
	const example = deps.channels.get("sms")?.simulated === true ? " sms +15550001111" : "";
	return [
		`claude-notify ${deps.version} listens on ${url.href}`,
		...channelEntries.map((entry) => line(entry.definition.title, stateOf(entry, env, simulator))),
		...(missing ? [line("Turn channels on", wizard)] : []),
		...(simulator ? [line("The phone simulator", new URL("/dev/phone", url).href)] : []),
		line("Start Claude Code", `${address}claude --plugin-dir ${relative(folder, projectRoot) || "."}`),
		line("Then pair, in there", `/notify-setup${example}`),
	];
}

function line(name: string, words: string): string {
	return `${`${name}:`.padEnd(22)}${words}`;
}

function stateOf({ definition, providers }: ChannelEntry, env: Env, simulator: boolean): string {
	const configured = env.channels.get(definition.name);
	if (configured !== undefined) return `real${by(definition.title, configured.provider)}`;
	return `${simulator ? "simulated" : "off"} until ${providers.map(toSet).join(" (or ")}${")".repeat(providers.length - 1)}`;
}

/** ` by Twilio`, for a channel that is not its provider's own. */
export function by(channel: string, { title }: Provider): string {
	return channel === title ? "" : ` by ${title}`;
}

/** `TELEGRAM_BOT_TOKEN is set`: what turns a provider on. */
function toSet({ variables }: Provider): string {
	const required = variables.filter((variable) => variable.required).map(({ name }) => name);
	return `${required.join(", ")} ${required.length === 1 ? "is" : "are"} set`;
}
