import { existsSync } from "node:fs";
import { join } from "node:path";
import { type ProgramOptions, runProgram } from "../run-program.ts";
import type { LastNotes } from "./last-notes.ts";
import type { DesktopNote } from "./show-on-desktop.ts";

/** libnotify's `notify-send`: it speaks to whatever desktop is there over D-Bus. */
export async function showOnLinux(note: DesktopNote, options: ProgramOptions, last: LastNotes): Promise<boolean> {
	if (!hasSessionBus(options.env)) return false;
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

/** Where libnotify (GDBus) looks for it; starting a program that cannot find one takes as long as a short command does. */
function hasSessionBus({ DBUS_SESSION_BUS_ADDRESS, DISPLAY, XDG_RUNTIME_DIR }: ProgramOptions["env"]): boolean {
	if ((DBUS_SESSION_BUS_ADDRESS || DISPLAY || "") !== "") return true;
	return (XDG_RUNTIME_DIR ?? "") !== "" && existsSync(join(XDG_RUNTIME_DIR ?? "", "bus"));
}

/** Desktops render a body's <b> and <a>. */
function withoutMarkup(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
