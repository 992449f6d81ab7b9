import { digestWords } from "./digest-notice.ts";
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
		case "muted":
			return mutedWords(notice);
		case "unmuted":
			return unmutedWords(notice);
		case "digest":
			return digestWords(notice);
	}
}

function mutedWords({ until, session: about }: Extract<Notice, { kind: "muted" }>): string {
	if (about === undefined) return `Muted until ${until}. What happens is told then. To end it: unmute`;
	return `${session(about)} is muted until ${until}. To end it: unmute ${about.handle}`;
}

function unmutedWords({ until, session: about }: Extract<Notice, { kind: "unmuted" }>): string {
	if (about === undefined) return "Messages are on again.";
	if (until === undefined) return `${session(about)} is no longer muted.`;
	return `${session(about)} is no longer muted, but everything is until ${until}. To end that: unmute`;
}

function session({ handle, description }: { handle: string; description: string }): string {
	return `(${handle}) "${plainLine(description)}"`;
}

function howToChoose({ choices, held }: Extract<Notice, { kind: "which_session" }>): string {
	const letters = choices.map(({ handle }) => handle);
	if (held === true) return `Reply ${letters.slice(0, -1).join(", ")} or ${letters.at(-1) ?? ""}: it gets your text.`;
	return `Reply with the letter first: ${letters[0] ?? "b"} + text`;
}
