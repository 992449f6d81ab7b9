import * as z from "zod";
import { channelName } from "./channels.ts";
import { eventTypes } from "./events.ts";
import { banList, confirmList, limitValue, oneOf, quietHours, seconds, zone } from "./setting-values.ts";

export const priorities = ["low", "normal", "high"] as const;
export type Priority = (typeof priorities)[number];

/** What has a priority of its own: the event types, and `turn_failed`, the errors that end a turn. */
export const prioritized = [...eventTypes, "turn_failed"] as const;
export type Prioritized = (typeof prioritized)[number];

/** A setting's value as it is stored and shown; seconds are numbers. */
export type SettingValue = string | number;

export interface Setting {
	/** What stands before the `=`. */
	key: string;
	default: SettingValue;
	/** What a value looks like. */
	unit: string;
	help: string;
	/** Takes what a person types, gives what is stored. */
	value: z.ZodType<SettingValue, string | number>;
}

const usualPriority = {
	done: "normal",
	error: "normal",
	waiting: "normal",
	permission: "high",
	question: "high",
	progress: "low",
	started: "low",
	session_lost: "high",
	task_finished: "normal",
	task_update: "normal",
	turn_failed: "high",
} as const satisfies Record<Prioritized, Priority>;

const about = {
	error: "a tool failed",
	turn_failed: "the API ended a turn",
} as const satisfies Partial<Record<Prioritized, string>>;

function priorityOf(type: Prioritized): Setting {
	const what = type === "error" || type === "turn_failed" ? `${type}: ${about[type]}` : type;
	return {
		key: `priority.${type}`,
		default: usualPriority[type],
		unit: "low, normal or high",
		help: `How much it matters (${what}).`,
		value: oneOf(priorities),
	};
}

/** Each setting with a fixed name. Beside them there is `limit.<channel or class>.<event>`. */
export const settings: readonly Setting[] = [
	{
		key: "time_zone",
		default: "UTC",
		unit: "IANA name, Europe/Berlin",
		help: "Your clock: quiet hours go by it, and times in messages.",
		value: zone,
	},
	{
		key: "quiet",
		default: "off",
		unit: "HH:MM-HH:MM or off",
		help: "Quiet hours: what happens then is told in one message at their end.",
		value: quietHours,
	},
	{
		key: "quiet_except",
		default: "high",
		unit: "low, normal, high or none",
		help: "From this priority on a message comes through in quiet hours.",
		value: oneOf([...priorities, "none"]),
	},
	{
		key: "delay",
		default: 0,
		unit: "seconds, 0 to 300",
		help: "Seconds that a message waits; it is dropped if you type in that session meanwhile.",
		value: seconds(1, 300),
	},
	{
		key: "presence",
		default: 0,
		unit: "seconds, 0 (off) to 3600",
		help: "Seconds of silence after you typed in that session, and while the file CLAUDE_CLIENT_PRESENCE_FILE is there.",
		value: seconds(1, 3600),
	},
	{
		key: "progress",
		default: 0,
		unit: "seconds, 0 (only when Claude wants to) or 60 to 3600",
		help: "Tells every so many seconds that a turn is still running; on Telegram in one message that changes.",
		value: seconds(60, 3600),
	},
	{
		key: "ban",
		default: "rm -rf /, rm -fr /, sudo, curl*|*sh, wget*|*sh, eval",
		unit: "words with commas between, or off",
		help: "A reply with one of these in it is refused. A word counts alone; * stands for anything.",
		value: banList,
	},
	{
		key: "confirm",
		default: "usual",
		unit: "usual, off, or commands with commas between",
		help: "Commands that a phone can allow only with the code in the message: make deploy adds one to the usual list, -npm publish takes one off it.",
		value: confirmList,
	},
	...prioritized.map(priorityOf),
];

/** How `limit.…` works, in a sentence for people. */
export const limitHelp =
	"How many messages of that event each session may send in what time: 1/30m is one in 30 minutes. metered stands for SMS and e-mail, free for the others.";
export const limitForm = "limit.<channel, metered or free>.<event>";

const fixed = new Map(settings.map((setting) => [setting.key, setting]));

/** Undefined where there is no such setting. Whether the channel in `limit.<channel>.<event>` exists is for the server to say. */
export function settingOf(key: string): Setting | undefined {
	const known = fixed.get(key);
	if (known !== undefined) return known;
	const [limits, channel, type, more] = key.split(".");
	if (limits !== "limit" || more !== undefined || !channelName.safeParse(channel).success) return undefined;
	if (!eventTypes.some((each) => each === type)) return undefined;
	return { key, default: "usual", unit: "N/time, 1/30m", help: limitHelp, value: limitValue };
}

/** The names of all settings, for whoever typed another. */
function knownSettings(): string {
	const plain = settings.map(({ key }) => key).filter((key) => !key.startsWith("priority."));
	return `${plain.join(", ")}, priority.<event>, ${limitForm}. Events: ${prioritized.join(", ")}`;
}

type Given = Record<string, string | number | null>;

/** PATCH /settings: new values, null for "as usual". One that is wrong refuses all. What it gives are the values to store. */
export const settingsPatch = z
	.record(z.string().max(100), z.union([z.string().max(600), z.number(), z.null()]))
	.refine((given) => Object.keys(given).length <= 50, { message: "too many settings at once" })
	.transform((given, context) => {
		const taken: Given = {};
		for (const [key, value] of Object.entries(given)) {
			const setting = settingOf(key);
			if (setting === undefined) {
				const message = `There is no setting ${key.slice(0, 40)}. There are ${knownSettings()}`;
				context.issues.push({ code: "custom", input: key, message });
				continue;
			}
			const parsed = value === null ? { success: true as const, data: null } : setting.value.safeParse(value);
			if (parsed.success) taken[key] = parsed.data;
			else context.issues.push({ code: "custom", input: value, path: [key], message: wrong(parsed.error, setting) });
		}
		return taken;
	});

function wrong(error: z.ZodError, { help }: Setting): string {
	return `${error.issues[0]?.message ?? "is not valid"}. ${help}`;
}

const settingShown = z.object({
	key: z.string(),
	value: z.union([z.string(), z.number()]),
	default: z.union([z.string(), z.number()]),
	unit: z.string(),
	help: z.string(),
});

/** GET /settings, and the answer of PATCH /settings: every setting as it is now, limits that are not the usual ones too. */
export const userSettings = z.object({ settings: z.array(settingShown) });
export type UserSettings = z.infer<typeof userSettings>;

/** POST /mute: nothing is sent for so many seconds, 0 for "from now on again"; of one session or, without it, of all. */
export const mute = z.strictObject({
	seconds: z
		.int()
		.min(0)
		.max(7 * 86_400),
	session_id: z.uuid().optional(),
});

export const muted = z.object({
	/** Null when it is over. */
	muted_until: z.iso.datetime().nullable(),
});

/** What holds messages back now; for /notify-status. */
export const policyInForce = z.object({
	time_zone: z.string(),
	/** `22:00-07:00` or `off`. */
	quiet: z.string(),
	/** When the quiet hours that it is in end; null outside of them. */
	quiet_until: z.iso.datetime().nullable(),
	quiet_except: z.string(),
	muted_until: z.iso.datetime().nullable(),
	delay: z.int().min(0),
	presence: z.int().min(0),
	progress: z.int().min(0),
});
export type PolicyInForce = z.infer<typeof policyInForce>;
