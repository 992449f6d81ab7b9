import type { ChannelName } from "../../src/contract/channels.ts";
import type { EventType } from "../../src/contract/events.ts";
import type { Limit } from "../../src/contract/setting-values.ts";
import type { ChannelRegistry } from "../channels/channel.ts";
import { type PolicySettings, readPolicySettings } from "./policy-settings.ts";

/** How often a session may be heard. All times in seconds, judged by the database's clock. */
export interface EventLimits {
	/** One message per session and event type in this time, by the channel's class. */
	window: { metered: number; free: number };
	/** Types that somebody has to answer: exempt from the window, at most `count` in `window` per session. */
	urgent: { types: readonly EventType[]; count: number; window: number };
	/** SMS to one user in a day of theirs, over all sessions and types; `window` is a day. */
	sms: { count: number; window: number };
	/** What commands say before their end: at most `count` in `window` for each machine. */
	updates: { count: number; window: number };
	/** Ends of commands, what they say before, and texts of scripts that a user is told of by metered channels in a day of theirs; `window` is a day. */
	tasks: { count: number; window: number };
	/** After this time a message is noise and is not sent any more: an hour, but for what is settled or overtaken sooner. */
	deadline: { usual: number } & { [type in EventType]?: number };
}

export const eventLimits: EventLimits = {
	window: { metered: 30 * 60, free: 60 },
	urgent: { types: ["permission", "question"], count: 20, window: 3600 },
	sms: { count: 30, window: 86_400 },
	updates: { count: 60, window: 3600 },
	tasks: { count: 30, window: 86_400 },
	deadline: { usual: 3600, task_update: 600, permission: 600, question: 600, progress: 120 },
};

/** How often a channel may tell of events of one type. Channels with the same class share one window. */
export interface ChannelRule {
	channel: ChannelName;
	class: string;
	limit: Limit;
}

/** The rule of each channel of this server for events of a type: the channel's own by the user's settings, else that of its class. */
export function channelRules(
	channels: ChannelRegistry,
	type: EventType,
	limits: EventLimits,
	settings: PolicySettings = readPolicySettings(undefined),
): ChannelRule[] {
	return [...channels.values()].map(({ name, metered }) => {
		const own = settings.limit(name, type);
		if (own !== undefined) return { channel: name, class: name, limit: own };
		const group = metered ? "metered" : "free";
		return { channel: name, class: group, limit: settings.limit(group, type) ?? usual(type, group, limits, settings) };
	});
}

function usual(type: EventType, group: "metered" | "free", limits: EventLimits, { progress }: PolicySettings): Limit {
	const { window, urgent } = limits;
	if (urgent.types.includes(type)) return { count: urgent.count, seconds: urgent.window };
	// What is asked for every N seconds comes a little sooner or later than that.
	const regular = type === "progress" && group === "free" && progress > 0;
	return { count: 1, seconds: regular ? Math.min(window.free, progress * 0.75) : window[group] };
}
