import type { ChannelDefinition } from "./channel.ts";
import type { Provider } from "./provider.ts";

/** What a channel's file exports: one entry of the registry. */
export interface ChannelEntry {
	definition: ChannelDefinition;
	/** Who can carry it. The first whose variables are set does. */
	providers: readonly Provider[];
}
