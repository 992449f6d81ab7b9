import * as z from "zod";
import { channelName, channelTitle, maxChannels } from "./channels.ts";
import { policyInForce } from "./settings.ts";
import { cutTo, text } from "./text.ts";

const instant = z.iso.datetime({ offset: true });

export const sessionStatuses = ["active", "stale", "ended"] as const;

export const agents = ["claude-code"] as const;

/** The longest description, in UTF-16 units. */
export const maxDescription = 100;

/** POST /sessions/start, with an access token. The intervals are milliseconds. */
export const startSession = z.strictObject({
	claude_session_id: text(200).min(1),
	agent: z.enum(agents).default("claude-code"),
	description: text(maxDescription).refine((value) => value.trim() !== "", {
		message: "must not be empty",
	}),
	hostname: cutTo(255),
	cwd: cutTo(1024),
	started_at: instant,
	heartbeat_interval_ms: z.int().min(1000).max(3_600_000).default(30_000),
	inactivity_threshold_ms: z.int().min(1000).max(86_400_000).default(600_000),
});
export type StartSession = z.infer<typeof startSession>;

export const sessionStarted = z.object({
	session_id: z.uuid(),
	/** Bearer token of this session's own routes; dies when the session stops or its login ends. */
	session_token: z.string(),
	/** A new one for each start of the same session. */
	monitoring_id: z.uuid(),
	/** The letter that addresses this session from the phone. */
	handle: z.string(),
});
export type SessionStarted = z.infer<typeof sessionStarted>;

/** POST /sessions/{id}/heartbeat. Only the distance from `timestamp` to the other instants counts, so the machine's clock may be wrong. */
export const heartbeat = z.strictObject({
	timestamp: instant,
	last_activity: instant,
	/** When the person last typed in this session at the computer. Left out where they have not; null once they answered from the phone. */
	attended: instant.nullish(),
	/** Whether somebody is at the computer, by the machine's presence file; left out where there is none. */
	present: z.boolean().optional(),
	/** The session's id now: /clear gives Claude Code a new one and monitoring goes on. */
	claude_session_id: text(200).min(1).optional(),
});
export type Heartbeat = z.infer<typeof heartbeat>;

export const heartbeatAnswer = z.object({
	status: z.enum(sessionStatuses),
	monitoring: z.boolean(),
	/** The user wants to hear so often, in seconds, that a turn still runs; 0 for never. */
	progress: z.int().min(0).default(0),
});

const finalStates = ["completed", "stopped", "failed"] as const;

/** POST /sessions/{id}/stop. */
export const stopSession = z.strictObject({
	reason: cutTo(200),
	final_state: z.enum(finalStates),
	ended_at: instant,
});
export type StopSession = z.infer<typeof stopSession>;

export const sessionSummary = z.object({
	duration_seconds: z.int().min(0),
	/** Messages that a provider took, over all channels, and those of them that were SMS. */
	messages_sent: z.int().min(0),
	sms_sent: z.int().min(0),
	errors_encountered: z.int().min(0),
	limited: z.int().min(0),
});
export type SessionSummary = z.infer<typeof sessionSummary>;

export const deliveryStates = ["pending", "leased", "sent", "delivered", "failed", "dead", "dropped"] as const;

export const deliveryReport = z.object({
	id: z.uuid(),
	channel: channelName,
	channel_title: channelTitle,
	address_masked: z.string(),
	state: z.enum(deliveryStates),
	/** Why it failed, in words for the user; null while it has not. */
	error: z.string().nullable(),
	updated_at: z.iso.datetime(),
});
export type DeliveryReport = z.infer<typeof deliveryReport>;

/** POST /test sends one message to each channel of the user now; GET /deliveries/{id}?wait=10 tells what became of one. */
export const testStarted = z.object({ deliveries: z.array(deliveryReport) });

/** One address of the user. */
export const userChannel = z.object({
	id: z.uuid(),
	channel: channelName,
	channel_title: channelTitle,
	address_masked: z.string(),
	/** True when messages go to the phone simulator because the channel has no credentials. */
	simulated: z.boolean(),
	/** The person switched it off at their end: STOP, unsubscribed, blocked. */
	opted_out: z.boolean(),
	/** How it goes on, in words for the person; null while it is on, and where the channel knows no way of its own. */
	opted_out_hint: z.string().nullable(),
	/** Until then nothing that comes from there is taken: too many commands were refused. */
	locked_until: z.iso.datetime().optional(),
	last_delivery: deliveryReport.nullable(),
});
export type UserChannel = z.infer<typeof userChannel>;

/** PUT /channels/order: the id of each channel once, the most preferred first. */
export const channelOrder = z.strictObject({ ids: z.array(z.uuid()).min(1).max(maxChannels) });

/** The answer of PUT /channels/order and of DELETE /channels/{id}: what there is now, in its order. */
export const channelList = z.object({ channels: z.array(userChannel) });

/** GET /status, with an access token. The channels stand in the user's order of preference. */
export const accountStatus = z.object({
	channels: z.array(userChannel),
	policy: policyInForce.optional(),
	sessions: z.array(
		z.object({
			session_id: z.uuid(),
			handle: z.string().nullable(),
			description: z.string(),
			hostname: z.string(),
			status: z.enum(sessionStatuses),
			started_at: z.iso.datetime(),
			last_activity_at: z.iso.datetime(),
			muted_until: z.iso.datetime().nullable().default(null),
		}),
	),
});
export type AccountStatus = z.infer<typeof accountStatus>;
