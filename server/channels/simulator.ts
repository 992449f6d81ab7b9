import { SegmentedMessage } from "sms-segments-calculator";
import type { SimulatorPhone } from "../simulator-phone.ts";
import type { Channel, ChannelDefinition } from "./channel.ts";
import type { ChannelContext } from "./provider.ts";

/** Stands in for a channel that has no credentials: same words, same address rules, and the message appears on the simulated phone. */
export function simulated(definition: ChannelDefinition, phone: SimulatorPhone, context: ChannelContext): Channel {
	return {
		...definition,
		...(definition.byLink === true ? { pairingLink: simulatedLink(definition, context) } : {}),
		simulated: true,
		receipts: false,
		deliver(address, { text, actions, conversation }) {
			const shown = phone.show({
				direction: "to_phone",
				channel: definition.name,
				address,
				text,
				...(definition.style.charset === "gsm7" ? {} : { actions, replyToken: conversation?.replyToken }),
			});
			const segments =
				definition.style.charset === "gsm7" ? { segments: new SegmentedMessage(text).segmentsCount } : {};
			return Promise.resolve({ ok: true, providerId: `simulator-${shown.seq}`, delivered: true, ...segments });
		},
	};
}

/** Where the simulated phone opens a chat: its owner presses Start there. */
function simulatedLink({ name }: ChannelDefinition, { publicUrl }: ChannelContext) {
	return async (token: string): Promise<string> => {
		const url = new URL("/dev/phone/open", publicUrl());
		url.search = new URLSearchParams({ channel: name, token }).toString();
		return url.href;
	};
}
