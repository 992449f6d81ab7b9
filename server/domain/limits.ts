import type { EventType } from "../../src/contract/events.ts";

/** How often a session may be heard. All times in seconds, judged by the database's clock. */
export interface EventLimits {
	/** One message per session and event type in this time, by the channel's class. */
	window: { metered: number; free: number };
	/** Types that somebody has to answer: exempt from the window, at most `count` in `window` per session. */
	urgent: { types: readonly EventType[]; count: number; window: number };
	/** SMS to one user in `window`, over all sessions and types. */
	sms: { count: number; window: number };
	/** After this time a message is noise and is not sent any more. */
	deadline: number;
}

export const eventLimits: EventLimits = {
	window: { metered: 30 * 60, free: 60 },
	urgent: { types: ["permission", "question"], count: 20, window: 3600 },
	sms: { count: 30, window: 86_400 },
	deadline: 3600,
};

/** Recorded, not sent: a phone need not ring because a session began. */
export const mutedTypes: readonly EventType[] = ["started"];
