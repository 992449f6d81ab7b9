import { z } from "zod";
import { normalAddress, soleMailbox } from "../inbound/email-address.ts";
import type { AddressCheck, ChannelDefinition } from "./channel.ts";

/** What is true of e-mail whoever carries it. */
export const definition: ChannelDefinition = {
	name: "email",
	title: "E-mail",
	// It costs next to nothing, but a mail box that rings all day is switched off.
	metered: true,
	style: {
		charset: "unicode",
		maxLength: 10_000,
		preferredLength: 4000,
		optOutHint: undefined,
		replyHint: () => "Reply to this mail to answer",
	},
	consentHint: "Each mail can be unsubscribed from.",
	resumeHint: "/notify-setup with the address switches it on again",
	addressExample: "me@example.com",
	claims: (contact) => /^[^\s@:]+@[^\s@]+\.[^\s@]+$/.test(contact),
	checkAddress,
};

/** The style where no answer comes back. */
export const oneWayStyle = { ...definition.style, replyHint: undefined };

function checkAddress(typed: string): AddressCheck {
	const address = normalAddress(typed);
	if (address === undefined) return { ok: false, message: "Write the mail address like me@example.com." };
	return { ok: true, address, label: maskedAddress(address), country: undefined };
}

/** `a***@example.com` */
function maskedAddress(address: string): string {
	return `${address.slice(0, 1)}***${address.slice(address.lastIndexOf("@"))}`;
}

/** A sender as an environment variable has it: `notify@example.com` or `Name <notify@example.com>`. */
export const senderVariable = z.string().refine((value) => !/[\r\n]/.test(value) && soleMailbox(value) !== undefined, {
	error: "must be one mail address, like Claude <notify@example.com>",
});
