import { describe, expect, it } from "vitest";
import { type OutcomeDelivery, type OutcomeEvent, outcomeOf } from "./outcome.ts";

const message = (title: string, state: OutcomeDelivery["state"], error: string | null = null): OutcomeDelivery => ({
	title,
	state,
	error,
	waits: false,
});
const event = (outcome: OutcomeEvent["outcome"], more: Partial<OutcomeEvent> = {}): OutcomeEvent => ({
	outcome,
	why: null,
	digest: undefined,
	deliveries: [],
	...more,
});
const queued = (...deliveries: OutcomeDelivery[]) => event("queued", { deliveries });
const quiet = "Quiet hours until 07:00.";

describe("what became of an event", () => {
	it.each<[OutcomeEvent, string, string]>([
		[queued(message("SMS", "delivered")), "delivered", "By SMS."],
		[queued(message("SMS", "sent"), message("Telegram", "delivered")), "delivered", "By Telegram."],
		[queued(message("SMS", "delivered"), message("Telegram", "delivered")), "delivered", "By SMS and Telegram."],
		[queued(message("SMS", "sent"), message("E-mail", "failed", "No such box.")), "sent", "By SMS, no receipt yet."],
		[queued(message("SMS", "pending", "The provider is busy.")), "held", "SMS: The provider is busy."],
		[queued(message("SMS", "leased")), "held", "SMS: on its way."],
		[
			queued(message("SMS", "failed", "No such number."), message("Telegram", "pending")),
			"held",
			"Telegram: on its way.",
		],
		[
			queued({ ...message("SMS", "pending"), waits: true }),
			"held",
			"SMS: waits a moment, in case you type at the computer.",
		],
		[queued(message("SMS", "dropped", "You were back.")), "present", "You were back."],
		[
			queued(message("SMS", "failed", "No such number."), message("E-mail", "dead")),
			"failed",
			"SMS: No such number. E-mail: not sent.",
		],
		[event("limited"), "limited", "Too soon after the last one of its kind; the next message counts it."],
		[event("quiet", { why: quiet, digest: "due" }), "quiet", `${quiet} It is told when that ends.`],
		[event("quiet", { why: quiet, digest: "told" }), "quiet", `${quiet} It was told when that ended.`],
		[event("muted", { why: "Everything was muted until 14:00." }), "muted", "Everything was muted until 14:00."],
		[event("present", { why: "You were at the computer." }), "present", "You were at the computer."],
		[event("muted"), "failed", "No channel is on."],
	])("%j is %s: %s", (given, outcome, why) => {
		expect(outcomeOf(given)).toEqual({ outcome, why });
	});
});
