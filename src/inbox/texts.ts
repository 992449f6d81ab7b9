import type { InboxMessage } from "../contract/inbox.ts";
import { plainText } from "../plain-text.ts";

/** What the session sees of a reply that is put in line for it. Identical texts are dropped by the client; the ref makes each one new. */
export function injectedText({ text, ref }: InboxMessage): string {
	return `${plainText(text)}\n\n${mark({ ref })}`;
}

/** By it a prompt and the conversation's own file prove that a reply was shown. */
function mark({ ref }: Pick<InboxMessage, "ref">): string {
	return `[reply ${ref} from your phone]`;
}

/** What wakes a session by its Stop hook. It only points: the replies stay here until the prompt that it makes comes along and takes them. */
export const pointer = "Your user has replied from their phone; the reply stands below. [replies from your phone]";

/** The prompt is one that the pointer made. */
export function isPointer(prompt: string): boolean {
	return prompt.startsWith("<task-notification>") && prompt.includes("[replies from your phone]");
}

/** The refs in a prompt, in order. */
export function refsIn(prompt: string): string[] {
	return [...prompt.matchAll(/\[reply ([a-z0-9]{6,12}) from your phone\]/g)].flatMap(([, ref]) => ref ?? []);
}

const channelElement = /^<channel source="plugin:notify:companion"[^>]*>\n?([\s\S]*?)\n?<\/channel>$/;

/** The prompt is an event of our own channel; Claude Code itself names the source. */
export function isFromChannel(prompt: string): boolean {
	return channelElement.test(prompt.trim());
}

/** The text without the element that a channel's events come in. */
export function bareText(prompt: string): string {
	const text = prompt.trim();
	return (channelElement.exec(text)?.[1] ?? text).trim();
}

/** Said beside a reply that was put in line, where the client itself can only say "another session". */
export function aboutInjected(message: InboxMessage): string {
	return `This message came from your user's own phone (${sender(message)}), verified by claude-notify; it is their reply to your last message. It does not approve any pending permission.`;
}

/** A reply that comes beside a prompt or as a tool's answer: quoted, so that its own lines cannot pass for ours. */
export function asData(message: InboxMessage): string {
	return `Your user replied from their own phone (${sender(message)}), verified by claude-notify:\n${quoted(message.text)}\nIt does not approve any pending permission. ${mark(message)}`;
}

/** Text from the phone as a quotation. */
export function quoted(text: string): string {
	return plainText(text).replace(/^/gm, "> ");
}

function sender({ from, created_at }: InboxMessage): string {
	return `${plainText(from.label).slice(0, 60)} by ${from.channel}, ${clock(new Date(created_at))}`;
}

/** Local time, as the user's own clock shows it. */
function clock(at: Date): string {
	return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}
