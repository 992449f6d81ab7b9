import { expect, it } from "vitest";
import { carrierWord } from "./carrier-words.ts";

it.each([
	["stop", ["STOP", "stop", " Stop ", "STOPALL", "unsubscribe", "Cancel", "END", "quit", "REVOKE", "OptOut"]],
	["start", ["START", "yes", "Unstop"]],
	["help", ["HELP", "info"]],
	[undefined, ["STOP PLEASE", "stop.", "b stop", "don't stop", "yes please", "helpful", "", "b yes"]],
])("%s is what only the whole message can say (row 105)", (word, texts) => {
	for (const text of texts) expect(carrierWord(text), text).toBe(word);
});
