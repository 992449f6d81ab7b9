import type { Notice } from "./notice.ts";
import { plainLine } from "./plain-text.ts";

/** A notice in one or two sentences. */
export function noticeWords(notice: Notice): string {
	switch (notice.kind) {
		case "test":
			return "This is a test message of claude-notify. Messages reach you here.";
		case "seen":
			return `${session(notice)}: Claude has read your reply.`;
		case "waiting_for_session":
			return `${session(notice)}: its computer cannot be reached now. Your reply waits and comes with the next prompt there.`;
		case "which_session":
			return `Which session? ${notice.choices.map(session).join(", ")}\n${howToChoose(notice)}`;
		case "session_ended":
			return `${session(notice)} has ended. Your reply was not passed on.`;
		case "no_session":
			return "No session is monitored now, so nobody got your reply. Start one with /notify-start in Claude Code.";
		case "refused":
			return `Your reply was not passed on. ${notice.reason}`;
	}
}

function session({ handle, description }: { handle: string; description: string }): string {
	return `(${handle}) "${plainLine(description)}"`;
}

function howToChoose({ choices, held }: Extract<Notice, { kind: "which_session" }>): string {
	const letters = choices.map(({ handle }) => handle);
	if (held === true) return `Reply ${letters.slice(0, -1).join(", ")} or ${letters.at(-1) ?? ""}: it gets your text.`;
	return `Reply with the letter first: ${letters[0] ?? "b"} + text`;
}
