import { settingOf, type UserSettings } from "../contract/settings.ts";
import type { CliResult, CliTools } from "./command.ts";

type Shown = UserSettings["settings"][number];
type Change = (values: ReadonlyMap<string, string>, tools: CliTools) => Promise<CliResult>;

/** What most people want to set; `config list` has the rest. */
const asked = ["time_zone", "quiet", "quiet_except", "delay", "presence", "progress"];

/** Asks at the terminal for the usual settings, then changes them together. Undefined where there is nobody to ask. */
export async function askSettings(tools: CliTools, all: Shown[], change: Change): Promise<CliResult | undefined> {
	const values = new Map<string, string>();
	for (const key of asked) {
		const setting = all.find((each) => each.key === key);
		if (setting === undefined) continue;
		const answer = await askOne(setting, tools);
		if (answer === undefined) return key === asked[0] ? undefined : unchanged;
		if (answer !== "") values.set(key, answer);
	}
	return values.size === 0 ? unchanged : change(values, tools);
}

const unchanged: CliResult = { data: [], text: "Nothing was changed." };

/** Until the answer is one that the setting takes; empty keeps what there is, undefined: the person left. */
async function askOne({ key, value, unit, help }: Shown, { ask, say }: CliTools): Promise<string | undefined> {
	const question = `${help}\n${key} (${unit}) [${value}]: `;
	for (let answer = await ask(question); answer !== undefined; answer = await ask(question)) {
		const typed = answer.trim();
		const parsed = settingOf(key)?.value.safeParse(typed);
		if (typed === "" || parsed === undefined || parsed.success) return typed;
		say(`${key} ${parsed.error.issues[0]?.message ?? "cannot be that"}.`);
	}
	return undefined;
}
