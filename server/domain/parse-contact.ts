import type { ChannelName } from "../../src/contract/channels.ts";
import type { Channel, ChannelRegistry } from "../channels/channel.ts";

/** Where a person wants messages, as they typed it. */
export type Contact = { ok: true; channel: Channel; address: string } | { ok: false; message: string };

/**
 * The one place that reads contacts: `+15551234567`, `me@example.com`, `123456789`, `-1001234567890` and `telegram:123456789`.
 * Without a name before it each channel says whether a contact is one of its own.
 */
export function parseContact(typed: string, channels: ChannelRegistry, named?: ChannelName): Contact {
	const contact = typed.trim();
	const prefix = /^([a-z][a-z0-9_]{1,31}):(.*)$/i.exec(contact);
	const name = named ?? prefix?.[1]?.toLowerCase();
	// `telegram telegram:123` says the same twice.
	const address = prefix !== null && prefix[1]?.toLowerCase() === name ? (prefix[2] ?? "").trim() : contact;
	if (name !== undefined) {
		const channel = channels.get(name);
		return channel === undefined
			? refused(`This server cannot send by ${name}`, channels)
			: { ok: true, channel, address };
	}
	const channel = [...channels.values()].find((each) => each.claims(contact));
	return channel === undefined
		? refused("That is no contact that this server knows", channels)
		: { ok: true, channel, address };
}

function refused(what: string, channels: ChannelRegistry): Contact {
	const known = [...channels.values()].map(({ name, addressExample }) => `${name} (${addressExample})`);
	return { ok: false, message: `${what}; it has: ${known.join(", ") || "no channel at all"}.` };
}
