import type { DigestNotice } from "./digest-notice.ts";

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
	| { kind: "session_ended"; handle: string; description: string }
	| { kind: "no_session" }
	/** The reply was refused by a limit; `reason` is a sentence for the user. */
	| { kind: "refused"; reason: string }
	/** Nothing is sent until then: of this session, or of any. `until` is a time of the user's clock in words. */
	| { kind: "muted"; until: string; session?: { handle: string; description: string } | undefined }
	/** `until`: everything is muted all the same. */
	| { kind: "unmuted"; until?: string | undefined; session?: { handle: string; description: string } | undefined }
	| DigestNotice;
