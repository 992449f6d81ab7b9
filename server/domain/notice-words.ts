import { approvalNoticeWords } from "./approvals/notice-words.ts";
import { digestWords } from "./digest-notice.ts";
import type { Notice, SessionNews } from "./notice.ts";
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
			return endedWords(notice);
		case "resuming":
			return `${session(notice)}: going on with it on ${plainLine(notice.machine)}. What Claude says at the end comes here.`;
		case "resumed":
			return `${session(notice)}, resumed: ${notice.output}`;
		case "sessions":
			return [
				...notice.sessions.map(newsWords),
				...(notice.more === undefined ? [] : [`and ${notice.more} more`]),
			].join("\n");
		case "session_state":
			return stateWords(notice.session);
		case "confirm_all":
			return `Send to ${count(notice.choices.length, "session")}: ${notice.choices.map(plainName).join(", ")}. Reply all y`;
		case "sent_to_all":
			return `Sent to ${notice.sessions.map(plainName).join(", ")}.`;
		case "no_session":
			return "No session is monitored now, so nobody got your reply. Start one with /notify-start in Claude Code.";
		case "refused":
			return `Your reply was not passed on. ${notice.reason}`;
		case "muted":
			return mutedWords(notice);
		case "unmuted":
			return unmutedWords(notice);
		case "approval":
			return approvalNoticeWords(notice);
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

function endedWords(notice: Extract<Notice, { kind: "session_ended" }>): string {
	const { handle, resume } = notice;
	const ended = `${session(notice)} has ended. Your reply was not passed on.`;
	if (resume === undefined) return ended;
	const machine = plainLine(resume.machine);
	if (resume.live) return `${session(notice)} has ended. Reply ${handle} resume to go on with it on ${machine}.`;
	return `${session(notice)} has ended, and no session is monitored on ${machine}. Start one there with /notify-start, then reply ${handle} resume within 10 minutes.`;
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
const plainName = ({ handle, description }: { handle: string; description: string }) =>
	`${handle} ${plainLine(description)}`;

/** `(b) "api", 14:30: Completed successfully! All tests pass.` */
function newsWords(news: SessionNews): string {
	const notes = newsNotes(news).map((note) => `, ${note}`);
	return `${session(news)}, ${news.since}: ${news.said ?? "nothing said yet"}${notes.join("")}`;
}

function newsNotes({ status, mutedUntil, open }: SessionNews): string[] {
	return [
		status === "stale" ? "its computer cannot be reached" : "",
		open > 0 ? `${count(open, "request")} open` : "",
		mutedUntil === undefined ? "" : `muted until ${mutedUntil}`,
	].filter((note) => note !== "");
}

const statusWords = { active: "is monitored", stale: "is monitored", ended: "has ended" } as const;

/** `(b) "api" is monitored, 1 request open. Last at 14:30: Permission needed …` */
function stateWords(news: SessionNews): string {
	const what = [`${session(news)} ${statusWords[news.status]}`, ...newsNotes(news)].join(", ");
	if (news.said === undefined) return `${what}. Nothing said yet; last active at ${news.since}.`;
	return `${what}. Last at ${news.since}: ${news.said}`;
}
