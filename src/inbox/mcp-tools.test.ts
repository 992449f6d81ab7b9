import { uuidv7 } from "uuidv7";
import { expect, it } from "vitest";
import type { EventAccepted } from "../contract/events.ts";
import { sessionTools } from "./mcp-tools.ts";

const accepted = (outcome: EventAccepted["outcome"], more: Partial<EventAccepted> = {}): EventAccepted => ({
	event_id: uuidv7(),
	outcome,
	why: null,
	delay: 0,
	channels: [],
	rate_limited: outcome === "limited",
	next_allowed_at: null,
	retry_after: null,
	...more,
});

it.each<[EventAccepted | "later" | "refused", string | RegExp]>([
	[accepted("queued"), "Sent to the user's phone."],
	[accepted("duplicate"), "Sent to the user's phone."],
	[accepted("limited", { retry_after: 61 }), /^Not sent: too soon.* 2 min\.$/],
	[accepted("quiet", { why: "Quiet hours until 07:00." }), "Not sent. Quiet hours until 07:00."],
	[accepted("present", { why: "You were at the computer." }), "Not sent. You were at the computer."],
	[accepted("muted"), "Not sent. The user has switched messages off."],
	["later", /the message waits/],
	["refused", /did not take/],
])("notify_user tells Claude what became of its message (%j)", async (result, words) => {
	const tool = sessionTools.find(({ name }) => name === "notify_user");
	const session = {
		replies: { take: () => [] },
		ask: () => Promise.resolve(""),
		reportAndWait: () => Promise.resolve(result),
	};
	expect(await tool?.call({ text: "half way" }, session, new AbortController().signal)).toMatch(words);
});
