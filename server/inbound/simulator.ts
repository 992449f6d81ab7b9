import { z } from "zod";
import { channelName } from "../../src/contract/channels.ts";
import type { Inbound } from "./inbound.ts";

/** What the simulated phone sends: a form or JSON. */
export const simulatedMessage = z.object({
	channel: channelName.default("sms"),
	address: z.string().min(1).max(320),
	text: z.string().min(1).max(2000),
	/** Of the message whose button was pressed: what makes the press an answer to its session, and count once. */
	token: z
		.string()
		.regex(/^[a-z2-7]{1,40}$/)
		.optional(),
	seq: z.coerce.number().int().min(1).optional(),
});
export type SimulatedMessage = z.infer<typeof simulatedMessage>;

/** The simulator vouches for its sender as a provider would: the page may only be used on the developer's own machine. */
export function simulatorInbound({ channel, address, text, token }: SimulatedMessage, id: string): Inbound {
	const command = channel === "sms" ? undefined : /^\/(stop|start|help)$/i.exec(text.trim())?.[1]?.toLowerCase();
	return {
		provider: "simulator",
		providerEventId: id,
		channel,
		sender: address,
		text,
		...(token === undefined ? {} : { pointer: { token } }),
		...(command === "stop" || command === "start" || command === "help" ? { keyword: command } : {}),
	};
}

/** Somebody who opened a pairing link on the simulated phone and pressed Start. */
export const simulatedStart = z.object({ channel: channelName, token: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) });

/** In the place of the carrier, which answers its reserved words itself. The wording is Twilio's. */
const carrierAnswers: Readonly<Record<string, string>> = {
	opted_out:
		"You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.",
	opted_in:
		"You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
	carrier: "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
};

/** What the phone hears from the simulated carrier after a message had this outcome. */
export function carrierAnswer(outcome: string): string | undefined {
	return carrierAnswers[outcome];
}
