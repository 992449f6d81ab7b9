import type { ChannelName } from "../../src/contract/channels.ts";
import type { SimulatorPhone } from "../simulator-phone.ts";
import type { ChannelRegistry } from "./channel.ts";
import { email } from "./email.ts";
import { ntfy } from "./ntfy.ts";
import type { Account, ChannelContext, Provider, Source } from "./provider.ts";
import type { ChannelEntry } from "./registry.ts";
import { simulated } from "./simulator.ts";
import { sms } from "./sms.ts";
import { telegram } from "./telegram.ts";

/** The only list of channels: a new one is its file, one line here, and one row in tests/channels.conformance.test.ts. */
export const channelEntries: readonly ChannelEntry[] = [sms, telegram, email, ntfy];

/** The provider that carries a channel, and the account there. */
export interface ConfiguredChannel extends Account {
	provider: Provider;
}

export type ConfiguredChannels = ReadonlyMap<ChannelName, ConfiguredChannel>;

/** Reads every provider's variables; a channel with none of them is not configured, which is no problem. */
export function configureChannels(given: Source): { problems: string[]; channels: ConfiguredChannels } {
	const channels = new Map<ChannelName, ConfiguredChannel>();
	const problems = channelEntries.flatMap(({ definition, providers }) =>
		providers.flatMap((provider) => {
			const { problems, account } = provider.configure(given);
			if (account !== undefined && !channels.has(definition.name))
				channels.set(definition.name, { ...account, provider });
			return problems;
		}),
	);
	return { problems, channels };
}

export interface ChannelsOptions {
	configured: ConfiguredChannels;
	context: Pick<ChannelContext, "publicUrl">;
	/** HMAC; `purpose` keeps the channels' values apart. */
	mac(purpose: string, value: string): string;
	/** Undefined in production: a channel without credentials then does not exist. */
	phone: SimulatorPhone | undefined;
}

export function createChannels({ configured, context, mac, phone }: ChannelsOptions): ChannelRegistry {
	const offered = channelEntries.flatMap(({ definition }) => {
		const own = { ...context, sign: (value: string) => mac(`channel:${definition.name}`, value) };
		const channel = configured.get(definition.name)?.connect(own) ?? (phone && simulated(definition, phone, own));
		return channel === undefined ? [] : [[definition.name, channel] as const];
	});
	return new Map(offered);
}
