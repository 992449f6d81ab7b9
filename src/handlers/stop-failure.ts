import { readFields, text } from "./fields.ts";
import type { Handler } from "./tools.ts";

/** The API refused and the turn is over: `error` is its kind (rate_limit, billing_error, authentication_failed, server_error …). */
export const onStopFailure: Handler = (input, { session, showHere }) => {
	if (session === undefined) return {};
	const { error, last_assistant_message } = readFields({ error: text, last_assistant_message: text }, input);
	session.turnEnded("failed");
	session.report("error", { error_kind: error === "" ? "unknown" : error, error_message: last_assistant_message });
	return showHere({ body: last_assistant_message || `Error: ${error}`, urgency: "failed" });
};
