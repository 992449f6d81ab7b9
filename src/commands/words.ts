import type { DeliveryReport } from "../contract/sessions.ts";
import { plainText } from "../plain-text.ts";

export function duration(seconds: number): string {
	const minutes = Math.floor(seconds / 60);
	if (minutes === 0) return `${seconds} s`;
	return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Local time, to the minute. */
export function when(instant: string): string {
	const at = new Date(instant);
	const two = (n: number) => String(n).padStart(2, "0");
	return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

const stateWords = {
	pending: "waiting to be sent",
	leased: "being sent",
	sent: "sent, no receipt yet",
	delivered: "delivered",
	failed: "failed",
	dead: "given up",
} as const satisfies Record<DeliveryReport["state"], string>;

export function deliveryWords({ state, error, updated_at }: DeliveryReport): string {
	return `${stateWords[state]}${error === null ? "" : ` (${plainText(error)})`}, ${when(updated_at)}`;
}
