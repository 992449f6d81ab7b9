import type { Channel, Message } from "../../server/channels/channel.ts";
import { renderMessage } from "../../server/domain/render-message.ts";

export const session = "01990000-0000-7000-8000-000000000002";
export const id = "01990000-0000-7000-8000-000000000001";
export const token = "a2b3c4d5e6f7g2h3";
export const to = "delivered+ann@resend.dev";

/** The end of a turn, in the words of the channel. */
export function done(channel: Channel): Message {
	const event = { type: "done", details: { message: "All 212 tests pass." }, description: "migrate billing" } as const;
	return renderMessage({ kind: "event", ...event, handle: "b", held: undefined }, channel.style, {
		conversation: { id: session, replyToken: token },
		unsubscribeToken: "u.k",
	});
}
export const send = (channel: Channel, message: Message, address = to, key = id) =>
	channel.deliver(address, message, { signal: AbortSignal.timeout(10_000), idempotencyKey: key });
