import type { ApprovalNotice } from "./approvals/approval-notice.ts";
import type { DigestNotice } from "./digest-notice.ts";

/** What a session said last; times are of the user's clock, in words. */
export interface SessionNews {
	handle: string;
	description: string;
	status: "active" | "stale" | "ended";
	/** Undefined when it has said nothing yet; `since` is then when it was last active. */
	said?: string | undefined;
	since: string;
	mutedUntil?: string | undefined;
	/** Requests that wait for an answer. */
	open: number;
}

/** A message of the server's own, not of an event in a session. `renderMessage` turns it into words. */
export type Notice =
	| { kind: "test" }
	/** The session saw the reply. */
	| { kind: "seen"; handle: string; description: string }
	/** The reply waits: its session's machine is not reachable now. */
	| { kind: "waiting_for_session"; handle: string; description: string }
	/** The reply named no session and several are live. */
	| {
			kind: "which_session";
			choices: { handle: string; description: string }[];
			/** The text is kept: the letter alone passes it on. */
			held?: true;
	  }
	| {
			kind: "session_ended";
			handle: string;
			description: string;
			/** The text waits for `b resume`; `live`: a session of that machine can go on with it now. Absent where nothing waits. */
			resume?: { machine: string; live: boolean };
	  }
	/** `b resume` was handed to a companion of that machine. */
	| { kind: "resuming"; handle: string; description: string; machine: string }
	/** What the agent said at the end of it. */
	| { kind: "resumed"; handle: string; description: string; output: string }
	/** `?`, and `b?` for one. `more` are those that it does not name. */
	| { kind: "sessions"; sessions: SessionNews[]; more?: number }
	| { kind: "session_state"; session: SessionNews }
	/** The text waits for `all y`. */
	| { kind: "confirm_all"; choices: { handle: string; description: string }[] }
	| { kind: "sent_to_all"; sessions: { handle: string; description: string }[] }
	| { kind: "no_session" }
	/** The reply was refused by a limit; `reason` is a sentence for the user. */
	| { kind: "refused"; reason: string }
	/** Nothing is sent until then: of this session, or of any. `until` is a time of the user's clock in words. */
	| { kind: "muted"; until: string; session?: { handle: string; description: string } | undefined }
	/** `until`: everything is muted all the same. */
	| { kind: "unmuted"; until?: string | undefined; session?: { handle: string; description: string } | undefined }
	| ApprovalNotice
	| DigestNotice;
