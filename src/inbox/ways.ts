import type { InboxMessage } from "../contract/inbox.ts";
import type { Doorbell } from "./doorbell.ts";
import { type MessagingSocket, writeToSession } from "./socket.ts";
import { injectedText } from "./texts.ts";

/** The ways that put a reply in line for the session. */
export const lineWays = ["socket", "channel"] as const;
export type LineWay = (typeof lineWays)[number];

/** A channel's event, as the client takes it; `meta` becomes the attributes of its element. */
export interface ChannelEvent {
	content: string;
	meta: Record<string, string>;
}

/** What leads into a session, as far as its client has it. */
export interface SessionWays {
	/** Absent where the client has none (Bedrock, Vertex, --bare). */
	socket: MessagingSocket | undefined;
	/** The client's settings keep messages out of the session's inbox. */
	refused: () => boolean;
	/** Absent where the client was not started with our channel. Whether it took an event shows only in a prompt. */
	channel: ((event: ChannelEvent) => Promise<void>) | undefined;
	/** Absent where a Stop hook of ours cannot wait. */
	doorbell: Doorbell | undefined;
}

export function hasWay(ways: SessionWays, way: LineWay): boolean {
	return way === "socket" ? ways.socket !== undefined && !ways.refused() : ways.channel !== undefined;
}

/** Resolves when the way has taken the text; that is no proof that the session did. */
export async function putInLine(ways: SessionWays, way: LineWay, message: InboxMessage): Promise<void> {
	const content = injectedText(message);
	if (way === "channel") {
		return ways.channel?.({ content, meta: { sender: message.from.label, via: message.from.channel } });
	}
	if (ways.socket !== undefined) await writeToSession(ways.socket, content);
}
