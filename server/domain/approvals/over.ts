import type { ApprovalNews } from "./approval-notice.ts";
import type { ApprovalRow } from "./approval-row.ts";

/** Why nobody can answer a request any more; undefined when somebody can. */
export function overBy({
	state,
	ended,
	withdrawn_reason,
}: Pick<ApprovalRow, "state" | "ended" | "withdrawn_reason">):
	| Extract<ApprovalNews, { said: "over" }>["by"]
	| undefined {
	if (state === "answered") return "phone";
	if (state === "expired") return "time";
	if (state === "withdrawn") return withdrawn_reason === "terminal" ? "terminal" : "end";
	return ended ? "end" : undefined;
}
