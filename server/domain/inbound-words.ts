import type { Notice } from "./notice.ts";
import type { InboundOutcome } from "./reply-effect.ts";

const notSent = "Not sent: see the message that follows.";
/** Notices of which the person thinks that their text has gone out, and it has not. */
const unsent: ReadonlySet<string> = new Set<Notice["kind"]>([
	"confirm_all",
	"no_session",
	"refused",
	"session_ended",
	"which_session",
]);

/** What became of a message, in the few words that a pressed button or a command shows at once. */
export function acknowledgement(result: InboundOutcome): string {
	switch (result.outcome) {
		case "stored":
			return "Sent to Claude.";
		case "duplicate":
			return "That was sent before.";
		case "foreign":
			return "Nothing was sent: the session has ended, or it is not yours.";
		case "opted_out":
			return "Messages are off. /start turns them on again.";
		case "opted_in":
			return "Messages are on. /stop turns them off.";
		case "help":
			return "Answer a message to write to its session, or put the session's letter first: b run the tests. ? lists the sessions, /stop turns messages off.";
		case "answered":
			return unsent.has(result.notice) ? notSent : "See the message that follows.";
		case "refused":
			return notSent;
		default:
			return "There was nothing to send.";
	}
}
