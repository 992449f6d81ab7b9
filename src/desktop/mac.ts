import { cutText } from "../contract/cut-text.ts";
import { type ProgramOptions, runProgram } from "../run-program.ts";
import type { DesktopNote } from "./show-on-desktop.ts";

/** About what a banner shows. */
const maxBody = 240;

/** terminal-notifier where it is installed, for it can replace a note; else AppleScript, which every Mac has. */
export async function showOnMac({ title, body, group }: DesktopNote, options: ProgramOptions): Promise<boolean> {
	const text = cutText(body, maxBody);
	const notifier = ["-title", asString(title), "-message", asString(text || title), "-group", groupName(group)];
	const shown = await runProgram("terminal-notifier", notifier, options);
	if (shown !== "failed") return shown !== "late";
	const script = ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];
	const args = [...script.flatMap((line) => ["-e", line]), "--", title, text];
	return typeof (await runProgram("osascript", args, options)) === "object";
}

/** A value that begins with a bracket or quote is read as a property list; terminal-notifier takes one backslash away again. */
function asString(text: string): string {
	return /^[\p{L}\p{N}]/u.test(text) ? text : `\\${text}`;
}

function groupName(group: string): string {
	return `claude-notify-${group.replace(/[^\w.-]/g, "_").slice(0, 64)}`;
}
