import type { ToldEvent } from "../../src/contract/events.ts";
import type { DeliveryReport } from "../../src/contract/sessions.ts";

/** What is known of one message about an event. */
export interface OutcomeDelivery {
	/** The channel in words for people. */
	title: string;
	state: DeliveryReport["state"];
	error: string | null;
	/** It has not been tried yet, since it waits first. */
	waits: boolean;
}

export interface OutcomeEvent {
	/** What was decided when it came. */
	outcome: "queued" | "limited" | "duplicate" | "muted" | "quiet" | "present";
	why: string | null;
	/** It is in a digest, or will be. */
	digest: "due" | "told" | undefined;
	deliveries: readonly OutcomeDelivery[];
}

type Outcome = Pick<ToldEvent, "outcome" | "why">;

/** What became of an event, in one word and a sentence: the best of its messages decides. */
export function outcomeOf(event: OutcomeEvent): Outcome {
	const { outcome, why } = event;
	if (outcome === "limited") {
		return { outcome: "limited", why: "Too soon after the last one of its kind; the next message counts it." };
	}
	if (outcome === "quiet" || outcome === "present" || (outcome === "muted" && why !== null)) {
		return { outcome, why: `${why ?? ""}${digestWords(event)}` };
	}
	return outcome === "muted" ? { outcome: "failed", why: "No channel is on." } : ofMessages(event.deliveries);
}

function digestWords({ digest }: OutcomeEvent): string {
	if (digest === undefined) return "";
	return digest === "due" ? " It is told when that ends." : " It was told when that ended.";
}

function ofMessages(deliveries: readonly OutcomeDelivery[]): Outcome {
	const of = (...states: DeliveryReport["state"][]) => deliveries.filter(({ state }) => states.includes(state));
	const delivered = of("delivered");
	if (delivered.length > 0) return { outcome: "delivered", why: `By ${titles(delivered)}.` };
	const sent = of("sent");
	if (sent.length > 0) return { outcome: "sent", why: `By ${titles(sent)}, no receipt yet.` };
	const open = of("pending", "leased");
	if (open.length > 0) return { outcome: "held", why: open.map(openWords).join(" ") };
	const dropped = of("dropped");
	if (dropped.length > 0) return { outcome: "present", why: dropped[0]?.error ?? "" };
	return {
		outcome: "failed",
		why: deliveries.map(({ title, error }) => `${title}: ${error ?? "not sent."}`).join(" "),
	};
}

function titles(deliveries: readonly OutcomeDelivery[]): string {
	return [...new Set(deliveries.map(({ title }) => title))].join(" and ");
}

function openWords({ title, error, waits }: OutcomeDelivery): string {
	if (waits) return `${title}: waits a moment, in case you type at the computer.`;
	return `${title}: ${error ?? "on its way."}`;
}
