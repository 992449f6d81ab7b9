import { z } from "zod";
import { channelNames } from "../../src/contract/channels.ts";
import type { Inbound } from "./inbound.ts";

/** What the simulated phone sends: a form or JSON. */
export const simulatedMessage = z.object({
	channel: z.enum(channelNames).default("sms"),
	address: z.string().min(1).max(320),
	text: z.string().min(1).max(2000),
});
export type SimulatedMessage = z.infer<typeof simulatedMessage>;

/** The simulator vouches for its sender as a provider would: the page may only be used on the developer's own machine. */
export function simulatorInbound({ channel, address, text }: SimulatedMessage, id: string): Inbound {
	return { provider: "simulator", providerEventId: id, channel, sender: address, text };
}

/** In the place of the carrier, which answers its reserved words itself. The wording is Twilio's. */
const carrierAnswers: Readonly<Record<string, string>> = {
	opted_out:
		"You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.",
	opted_in:
		"You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
	carrier: "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
};

/** What the phone hears from the simulated carrier after a message had this outcome. */
export function carrierAnswer(channel: SimulatedMessage["channel"], outcome: string): string | undefined {
	return channel === "sms" ? carrierAnswers[outcome] : undefined;
}
