/** Names of the channels that exist; the server's registry is checked against it, the slash commands offer it. */
export const channelNames = ["sms", "telegram", "email"] as const;
export type ChannelName = (typeof channelNames)[number];

/** E.164 as the seed's API document has it: a plus, no leading zero, at most 15 digits. */
export const e164 = /^\+[1-9]\d{1,14}$/;
