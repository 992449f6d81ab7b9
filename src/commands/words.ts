import type { DeliveryReport, UserChannel } from "../contract/sessions.ts";
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
	dropped: "not sent",
} as const satisfies Record<DeliveryReport["state"], string>;

/** Where it goes, what stands in the way, and what became of the last message. */
export function channelWords(channel: UserChannel): string {
	const { address_masked, channel_title, simulated, opted_out, opted_out_hint, locked_until, last_delivery } = channel;
	const notes = [
		...(simulated ? ["simulated phone"] : []),
		...(opted_out ? [`switched off at your end: ${opted_out_hint ?? "/notify-setup switches it on again"}`] : []),
		...(locked_until === undefined ? [] : [`locked until ${when(locked_until)}: too many commands were refused`]),
	];
	const last = last_delivery === null ? "nothing sent yet" : `last message ${deliveryWords(last_delivery)}`;
	return `${address_masked} by ${channel_title}${notes.map((note) => ` (${note})`).join("")}; ${last}`;
}

export function deliveryWords({ state, error, updated_at }: DeliveryReport): string {
	return `${stateWords[state]}${error === null ? "" : ` (${plainText(error)})`}, ${when(updated_at)}`;
}
