import * as z from "zod";

/**
 * A channel's name as the server's registry spells it: `sms`, `telegram`. The contract leaves the list open,
 * so that a channel more on the server needs no new plugin; whoever takes a name checks it against the registry.
 */
export const channelName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);
export type ChannelName = z.infer<typeof channelName>;

/** The channel's name in words for people: `SMS`, `Telegram`. */
export const channelTitle = z.string().min(1).max(40);

/** The most channels that one user can have. */
export const maxChannels = 10;

/** E.164 as the seed's API document has it: a plus, no leading zero, at most 15 digits. */
export const e164 = /^\+[1-9]\d{1,14}$/;
