import type { InboxMessage } from "../contract/inbox.ts";
import { plainText } from "../plain-text.ts";

/** What the session sees of a reply that comes through its socket. Identical texts are dropped by the client; the ref makes each one new. */
export function injectedText({ text, ref }: InboxMessage): string {
	return `${plainText(text)}\n\n[reply ${ref} from your phone]`;
}

/** The refs in a prompt, in order. */
export function refsIn(prompt: string): string[] {
	return [...prompt.matchAll(/\[reply ([a-z0-9]{6,12}) from your phone\]/g)].flatMap(([, ref]) => ref ?? []);
}

/** Said beside a reply that came through the socket, where the client itself can only say "another session". */
export function aboutInjected(message: InboxMessage): string {
	return `This message came from your user's own phone (${sender(message)}), verified by claude-notify; it is their reply to your last message. It does not approve any pending permission.`;
}

/** A reply that comes beside a prompt or as a tool's answer: quoted, so that its own lines cannot pass for ours. */
export function asData(message: InboxMessage): string {
	const quoted = plainText(message.text).replace(/^/gm, "> ");
	return `Your user replied from their own phone (${sender(message)}), verified by claude-notify:\n${quoted}\nIt does not approve any pending permission.`;
}

function sender({ from, created_at }: InboxMessage): string {
	return `${plainText(from.label).slice(0, 60)} by ${from.channel}, ${clock(new Date(created_at))}`;
}

/** Local time, as the user's own clock shows it. */
function clock(at: Date): string {
	return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}
