import type { SessionSummary } from "../contract/sessions.ts";
import type { Command } from "./tools.ts";
import { duration } from "./words.ts";

/** Ends monitoring of this session and sums it up. */
export const stop: Command = async (_args, { keeper, now }) => {
	const end = { reason: "user", final_state: "stopped", ended_at: now().toISOString() } as const;
	const finished = await keeper.stop(end);
	if (finished === undefined) return "This session is not monitored.";
	if (finished.state === "finished") return `Monitoring stopped. ${summed(finished.summary)}`;
	if (finished.state === "gone") return "Monitoring stopped. The server had ended it already.";
	return "Monitoring stopped here. The server does not answer; it is told as soon as it does.";
};

function summed({ duration_seconds, messages_sent, errors_encountered, limited }: SessionSummary): string {
	const parts = [
		`${count(messages_sent, "message")} in ${duration(duration_seconds)}`,
		count(errors_encountered, "error"),
		...(limited === 0 ? [] : [`${limited} held back by the limits`]),
	];
	return `${parts.join(", ")}.`;
}

function count(n: number, what: string): string {
	return `${n} ${what}${n === 1 ? "" : "s"}`;
}
