import { cutText } from "../contract/cut-text.ts";
import type { DesktopNote } from "./show-on-desktop.ts";

type Source = Record<string, string | undefined>;

const bell = "\u0007";
/** An operating system command that the terminal takes as a whole; those that do not know it show nothing. */
const osc = (command: string) => `\u001b]${command}${bell}`;

/** The bytes that make a terminal show a note, and ring. Title and body are plain text already. */
export function terminalNote(note: DesktopNote, env: Source): string {
	return (
		sequences(note, env)
			.map((sequence) => throughTmux(sequence, env))
			.join("") + bell
	);
}

/** kitty's 99, the 777 of urxvt, foot and VTE, iTerm2's 9 for all the others: more than one would be shown twice. */
function sequences(note: DesktopNote, env: Source): string[] {
	const title = words(note.title, 100);
	const body = words(note.body, 200);
	const term = env["TERM"] ?? "";
	const isTmux = isSet(env, "TMUX");
	if (["", "dumb", "linux"].includes(term) || (isSet(env, "STY") && !isTmux)) return [];
	if (isSet(env, "KITTY_WINDOW_ID") || term === "xterm-kitty") return kitty(note, title, body);
	if (isSet(env, "VTE_VERSION") || /^(foot|rxvt)/.test(term)) {
		return [osc(`777;notify;${withoutSemicolons(title)};${withoutSemicolons(body)}`)];
	}
	const text = body === "" ? title : `${title}: ${body}`;
	// ConEmu, Windows Terminal and iTerm2 read a number in front as a command of another kind.
	return [osc(`9;${/^\d+;/.test(text) ? " " : ""}${text}`)];
}

function kitty({ group, urgency }: DesktopNote, title: string, body: string): string[] {
	const id = group.replace(/[^\w.-]/g, "_").slice(0, 64);
	const part = (name: string, text: string, isLast: boolean) => {
		const payload = Buffer.from(text).toString("base64");
		return osc(`99;i=${id}:u=${urgency === "failed" ? 2 : 1}:d=${isLast ? 1 : 0}:e=1:p=${name};${payload}`);
	};
	return [part("title", title, false), part("body", body, true)];
}

/** tmux hands on what is wrapped so, if its option allow-passthrough is on; a bell it takes itself. */
function throughTmux(sequence: string, env: Source): string {
	return isSet(env, "TMUX") ? `\u001bPtmux;${sequence.replaceAll("\u001b", "\u001b\u001b")}\u001b\\` : sequence;
}

const isSet = (env: Source, name: string) => (env[name] ?? "") !== "";
const withoutSemicolons = (text: string) => text.replaceAll(";", ",");
const words = (text: string, max: number) => cutText(text.replace(/\s+/g, " ").trim(), max);
