import { type ProgramOptions, runProgram } from "../run-program.ts";
import type { LastNotes } from "./last-notes.ts";
import type { DesktopNote } from "./show-on-desktop.ts";

/** libnotify's `notify-send`: it speaks to whatever desktop is there over D-Bus, and fails at once where there is none. */
export async function showOnLinux(note: DesktopNote, options: ProgramOptions, last: LastNotes): Promise<boolean> {
	const urgency = ["-u", note.urgency === "failed" ? "critical" : "normal"];
	const text = ["--", note.title, ...(note.body === "" ? [] : [withoutMarkup(note.body)])];
	const before = last.idOf(note.group);
	const replace = before === undefined ? [] : ["-r", String(before)];
	const own = ["-a", "claude-notify", "-p", ...replace];
	const shown = await runProgram("notify-send", [...own, ...urgency, ...text], options);
	// libnotify 0.7 (Ubuntu 22.04) knows neither -p nor -r.
	if (shown === "failed") return typeof (await runProgram("notify-send", [...urgency, ...text], options)) === "object";
	if (shown === "late") return false;
	const id = Number(shown.stdout.trim());
	if (Number.isInteger(id) && id > 0) last.keep(note.group, id);
	return true;
}

/** Desktops render a body's <b> and <a>. */
function withoutMarkup(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
