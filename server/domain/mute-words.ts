import { readDuration } from "../../src/contract/duration.ts";

/** What a person wrote on the phone to have peace, or to end it. */
export interface MuteWish {
	/** The letter that was written; undefined for all sessions, or the one that the message answers. */
	handle: string | undefined;
	/** Undefined: messages are wanted again. */
	seconds: number | undefined;
}

/** Without a time. */
const usualMuteSeconds = 3600;
const longestMuteSeconds = 7 * 86_400;

const spoken = /^(un)?mute(?:\s+([\s\S]+))?$/i;

/**
 * `mute`, `mute 2h`, `mute b`, `mute b 1h`, `mute off`, `unmute`, `unmute b`, and nothing before or after it: everything else that
 * begins like it is a reply. `handles` are the letters that mean a session: "mute it" is for Claude where there is no (it).
 */
export function readMute(text: string, handles: readonly string[]): MuteWish | undefined {
	const [whole, un, rest = ""] = spoken.exec(text.trim()) ?? [];
	if (whole === undefined) return undefined;
	const [first = "", ...after] = rest.split(/\s+/);
	const handle = handles.find((each) => each.toLowerCase() === first.toLowerCase());
	const time = handle === undefined ? rest : after.join(" ");
	if (un !== undefined) return time === "" ? { handle, seconds: undefined } : undefined;
	if (time === "") return { handle, seconds: usualMuteSeconds };
	if (time.toLowerCase() === "off") return { handle, seconds: undefined };
	const seconds = readDuration(time);
	return seconds === undefined ? undefined : { handle, seconds: Math.min(seconds, longestMuteSeconds) };
}
