import type { ErrorFilter } from "../settings.ts";
import { flag, readFields, text } from "./fields.ts";
import { toolRun } from "./tool-run.ts";
import type { QuickHandler } from "./tools.ts";

const shape = { tool_name: text, error: text, is_interrupt: flag };

/** A failed tool is told, unless the user stopped it or the filter keeps it back. */
export const onPostToolUseFailure: QuickHandler = (input, { session, errors }) => {
	if (session === undefined) return {};
	session.activity();
	session.approvals.toolRan(() => toolRun(input));
	const { tool_name, error, is_interrupt } = readFields(shape, input);
	if (is_interrupt || tool_name === "" || !isTold(tool_name, error, errors)) return {};
	session.report("error", { tool_name, error_message: error });
	return {};
};

/** Looking for something and not finding it is how Claude works; it goes on by itself. */
const lookups = ["Read", "Grep", "Glob", "LS", "NotebookRead", "WebFetch", "WebSearch", "ToolSearch", "LSP"];

/** Claude edits from what it remembers of a file; when that is not what stands there, it reads again. */
const staleEdit =
	/string to replace|not been read yet|modified since (it was )?(last )?read|no changes to make|old_string/i;
const edits = ["Edit", "MultiEdit", "Write", "NotebookEdit"];

/** Said by the client when the user refused at the terminal: whoever refused is there. */
const refusedByUser = /doesn't want to (proceed|take this action)|user (rejected|denied)/i;

/**
 * The filter `errors`. `all`: every failed tool. `off`: none; what the API refuses (StopFailure) is told all the same.
 * `blocking`, the default: failures of tools that change something or run something (Bash, tests, edits that cannot be written, MCP tools),
 * because such a failure may stop the work; lookups and stale edits are left out. One message in 30 minutes keeps retries quiet.
 */
function isTold(tool: string, error: string, errors: ErrorFilter): boolean {
	if (errors === "off" || refusedByUser.test(error) || tool.startsWith("mcp__plugin_notify_companion__")) return false;
	if (errors === "all") return true;
	return !lookups.includes(tool) && !(edits.includes(tool) && staleEdit.test(error));
}
