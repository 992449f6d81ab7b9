import { describe, expect, it } from "vitest";
import { carrierWord } from "./carrier-words.ts";
import { readMute } from "./mute-words.ts";

const handles = ["b", "c", "ba"];

describe("what a person writes to have peace", () => {
	it.each([
		["mute", undefined, 3600],
		["Mute", undefined, 3600],
		["mute 2h", undefined, 7200],
		["MUTE 90 min", undefined, 5400],
		["mute b", "b", 3600],
		["mute B 1h", "b", 3600],
		["mute ba 1h30m", "ba", 5400],
		["mute 30d", undefined, 7 * 86_400],
		["mute off", undefined, undefined],
		["mute b off", "b", undefined],
		["unmute", undefined, undefined],
		[" unmute c ", "c", undefined],
	])("%j is understood", (text, handle, seconds) => {
		expect(readMute(text, handles)).toEqual({ handle, seconds });
	});

	it.each([
		"mute the audio track in the video",
		"mute it",
		"mute x",
		"mute x 1h",
		"mute b and run the tests",
		"mute b 1h please",
		"mute 2",
		"mute 0h",
		"unmute the microphone",
		"unmute b 1h",
		"b mute",
		"muted",
		"please mute",
		"mute: 2h",
	])("%j is a reply to Claude", (text) => {
		expect(readMute(text, handles)).toBeUndefined();
	});

	it("is no carrier's word, with or without a letter", () => {
		for (const word of ["mute", "mute 2h", "mute off", "unmute", "unmute b"]) expect(carrierWord(word)).toBeUndefined();
	});
});
