import { SegmentedMessage } from "sms-segments-calculator";
import type { SimulatorPhone } from "../simulator-phone.ts";
import type { Channel, ChannelDefinition } from "./channel.ts";

/** Stands in for a channel that has no credentials: same words, same address rules, and the message appears on the simulated phone. */
export function simulated(definition: ChannelDefinition, phone: SimulatorPhone): Channel {
	return {
		...definition,
		simulated: true,
		receipts: false,
		deliver(address, { text }) {
			const shown = phone.show({ direction: "to_phone", channel: definition.name, address, text });
			const segments =
				definition.style.charset === "gsm7" ? { segments: new SegmentedMessage(text).segmentsCount } : {};
			return Promise.resolve({ ok: true, providerId: `simulator-${shown.seq}`, delivered: true, ...segments });
		},
	};
}
