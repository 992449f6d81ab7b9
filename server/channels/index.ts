import type { SimulatorPhone } from "../simulator-phone.ts";
import type { Channel, ChannelDefinition, ChannelRegistry } from "./channel.ts";
import { simulated } from "./simulator.ts";
import { type SmsOptions, smsChannel, smsDefinition } from "./sms.ts";

export interface ChannelsOptions {
	/** Undefined: SMS goes to the phone simulator. */
	twilio: Omit<SmsOptions, "publicUrl"> | undefined;
	/** Asked at each send: with PORT=0 it is known only once the server listens. */
	publicUrl(): URL;
	/** Undefined in production: a channel without credentials then does not exist. */
	phone: SimulatorPhone | undefined;
}

interface Entry {
	definition: ChannelDefinition;
	/** Undefined without the provider's credentials. */
	connect(options: ChannelsOptions): Channel | undefined;
}

/** The only list of channels: a new one is its file, one line here, and one row in tests/channels.conformance.test.ts. */
const entries: readonly Entry[] = [
	{ definition: smsDefinition, connect: ({ twilio, publicUrl }) => twilio && smsChannel({ ...twilio, publicUrl }) },
];

export function createChannels(options: ChannelsOptions): ChannelRegistry {
	const offered = entries.flatMap(({ definition, connect }) => {
		const channel = connect(options) ?? (options.phone && simulated(definition, options.phone));
		return channel === undefined ? [] : [[definition.name, channel] as const];
	});
	return new Map(offered);
}
