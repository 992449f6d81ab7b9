import { existsSync } from "node:fs";
import { cutText } from "../contract/cut-text.ts";
import { plainText } from "../plain-text.ts";
import { startFirst } from "../run-program.ts";
import { LastNotes } from "./last-notes.ts";
import { showOnLinux } from "./linux.ts";
import { showOnMac } from "./mac.ts";
import { terminalNote } from "./terminal-note.ts";
import { showOnWindows } from "./windows.ts";

/** What a person at the computer is shown, apart from the phone. Plain text: whoever shows it escapes it for its own markup. */
export interface DesktopNote {
	title: string;
	body: string;
	/** Notes of one group take each other's place, where the desktop can do that. */
	group: string;
	/** `failed` stays until it is dismissed, where the desktop can do that. */
	urgency: "normal" | "failed";
	/** A sound file of the person's own. */
	sound?: string | undefined;
}

/** Where a note went: to the desktop's notifications, to the terminal as escape sequences or a bell, or nowhere. */
export type Shown = "desktop" | "terminal" | "nowhere";

export interface DesktopTools {
	platform: NodeJS.Platform;
	/** Says what kind of terminal and desktop there is; the programs inherit it. */
	env: Record<string, string | undefined>;
	/** The home folder of claude-notify. */
	home: string;
	now: () => Date;
	/** Writes to the person's terminal as it is; undefined where there is none. */
	terminal: ((text: string) => void) | undefined;
}

/** For everything together: nobody waits longer for a note. */
const patienceMs = 2000;

/** Shows a note on this computer, without any network. Never rejects, and takes two seconds at most. */
export async function showOnDesktop(note: DesktopNote, tools: DesktopTools): Promise<Shown> {
	const shown = { ...note, title: oneLine(note.title, 100) || "claude-notify", body: cleaned(note.body) };
	// What runs at the other end of an SSH connection has a desktop that nobody looks at.
	const isRemote = isSet(tools.env, "SSH_CONNECTION") || isSet(tools.env, "SSH_TTY");
	if (!isRemote) {
		const deadline = AbortSignal.timeout(patienceMs);
		const done = await showHere(shown, tools, deadline);
		if (!done.sounds) await play(shown.sound, tools);
		if (done.shown) return "desktop";
	}
	if (tools.terminal === undefined) return "nowhere";
	tools.terminal(terminalNote(shown, tools.env));
	return "terminal";
}

async function showHere(
	note: DesktopNote,
	{ platform, env, home, now }: DesktopTools,
	deadline: AbortSignal,
): Promise<{ shown: boolean; sounds: boolean }> {
	const options = { env, deadline };
	if (platform === "darwin") return { shown: await showOnMac(note, options), sounds: false };
	const isWsl = isSet(env, "WSL_DISTRO_NAME");
	if ((platform === "win32" || isWsl) && (await showOnWindows(note, { ...options, isWsl }))) {
		return { shown: true, sounds: true };
	}
	if (platform === "win32") return { shown: false, sounds: true };
	return { shown: await showOnLinux(note, options, new LastNotes(home, now)), sounds: false };
}

/** The players that plain desktops have, the most usual first. */
async function play(sound: string | undefined, { platform, env }: DesktopTools): Promise<void> {
	if (sound === undefined || !existsSync(sound)) return;
	if (platform === "darwin") return startFirst([["afplay", sound]], env);
	await startFirst(
		[
			["pw-play", sound],
			["paplay", sound],
			["canberra-gtk-play", "-f", sound],
			["aplay", "-q", sound],
		],
		env,
	);
}

const isSet = (env: DesktopTools["env"], name: string) => (env[name] ?? "") !== "";

function oneLine(text: string, max: number): string {
	return cutText(plainText(text).replace(/\s+/g, " ").trim(), max);
}

function cleaned(text: string): string {
	return cutText(plainText(text).trim(), 500);
}
