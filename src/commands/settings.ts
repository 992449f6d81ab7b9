import { limitForm, limitHelp, type SettingValue, settingOf, type UserSettings } from "../contract/settings.ts";
import type { Command } from "./tools.ts";

type Shown = UserSettings["settings"][number];

const usage =
	"Use: /notify-settings quiet=22:00-07:00 delay=30 (several at once; key=default brings the usual value back)";

/** The user's settings: shows them all, or changes those that are given as key=value. */
export const settings: Command = async (args, { login }) => {
	const given = readPairs(args);
	if (given === undefined) return usage;
	if (given.size === 0) {
		const { settings: all } = await login.call((token) => login.api.settings(token));
		return [...listed(all), zoneNote(all), usage].filter(Boolean).join("\n");
	}
	const values = Object.fromEntries([...given].map(([key, value]) => [key, value === "default" ? null : value]));
	const { settings: all } = await login.call((token) => login.api.changeSettings(token, values));
	const changed = [...given.keys()].map((key) => all.find((each) => each.key === key) ?? usualLimit(key));
	const note = given.has("quiet") && given.get("quiet") !== "off" ? zoneNote(all) : "";
	return [...changed.map(changedWords), note].filter(Boolean).join("\n");
};

/** `a=1 b = 2`; undefined for what is not made of pairs. */
function readPairs(args: string): Map<string, string> | undefined {
	const pairs = args
		.trim()
		.replaceAll(/\s*=\s*/g, "=")
		.replaceAll(/(?<=\d)\s+-\s+(?=\d)/g, "-")
		.match(/(?:"[^"]*"|'[^']*'|\S)+/g)
		?.map((pair) => /^([^=]+)=(.+)$/.exec(pair));
	if (pairs?.includes(null)) return undefined;
	return new Map(pairs?.map((pair) => [(pair?.[1] ?? "").toLowerCase(), unquoted(pair?.[2] ?? "")]));
}

function unquoted(value: string): string {
	return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}

function listed(all: Shown[]): string[] {
	const isSpecial = ({ key }: Shown) => /^(?:priority|limit)\./.test(key);
	const limits = all.filter(({ key }) => key.startsWith("limit."));
	return [
		...all.filter((each) => !isSpecial(each)).map((each) => `${pair(each)}${unit(each)}  ${each.help}`),
		...priorities(all),
		...limits.map((each) => pair(each)),
		`${limitForm}=N/time  ${limitHelp}`,
	];
}

/** One line for each level: what stands in it. */
function priorities(all: Shown[]): string[] {
	const own = all.filter(({ key }) => key.startsWith("priority."));
	return ["high", "normal", "low"].map((level) => {
		const names = own.filter(({ value }) => value === level).map(({ key }) => key.slice("priority.".length));
		return `priority.<event>=${level}: ${names.join(", ") || "none"}`;
	});
}

/** A limit that was taken away is not in the list any more. */
function usualLimit(key: string): Shown {
	const setting = settingOf(key);
	return { key, value: "usual", default: "usual", unit: setting?.unit ?? "", help: setting?.help ?? "" };
}

const pair = ({ key, value }: Pick<Shown, "key" | "value">) => `${key}=${value}`;
const unit = ({ value, default: usual }: Shown) => (value === usual ? "" : ` (usually ${usual})`);

function changedWords(each: Shown): string {
	return `${pair(each)}  ${each.help}`;
}

/** Quiet hours in a zone that is not this computer's may not be what was meant. */
function zoneNote(all: Shown[]): string {
	const own = settingIn(all, "time_zone");
	const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if (own === undefined || own === here || settingIn(all, "quiet") === "off") return "";
	return `Quiet hours go by ${own}; this computer's clock is that of ${here}: /notify-settings time_zone=${here}`;
}

function settingIn(all: Shown[], wanted: string): SettingValue | undefined {
	return all.find(({ key }) => key === wanted)?.value;
}
