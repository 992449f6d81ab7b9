import { spanMs } from "../span-ms.ts";
import { type HookedAgent, hookedAgents, isHookedAgent } from "./agent-events.ts";

/** `claude-notify hook Stop --cli codex --longer-than 5m` */
export interface HookWords {
	event: string;
	agent: HookedAgent;
	/** Of a turn that took less nothing is told. Undefined where the person has not said. */
	longerThanMs?: number;
}

/** What is wrong with them, in words, where they cannot be understood. */
export function readHookWords(words: readonly string[]): HookWords | string {
	const given = new Map<string, string>();
	for (let at = 0; at < words.length; at++) {
		const [name = "", inline] = words[at]?.split("=", 2) ?? [];
		if (name.startsWith("-") && !options.has(name)) return `there is no option ${name}.`;
		if (options.has(name)) given.set(name, inline ?? words[++at] ?? "");
		else given.set("event", name);
	}
	const [event, agent, longerThan] = ["event", "--cli", "--longer-than"].map((name) => given.get(name));
	const longerThanMs = spanMs(longerThan ?? "0");
	if (longerThanMs === undefined) return "--longer-than must look like 90, 90s, 5m or 2h.";
	if (agent === undefined || !isHookedAgent(agent)) return `--cli must be ${hookedAgents.join(" or ")}.`;
	if (event === undefined) return "say which event it is: claude-notify hook Stop --cli codex";
	return { event, agent, ...(longerThan === undefined ? {} : { longerThanMs }) };
}

const options: ReadonlySet<string> = new Set(["--cli", "--longer-than"]);
