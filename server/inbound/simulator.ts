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
