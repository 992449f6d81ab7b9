import { expect, it } from "vitest";
import { readDuration } from "./duration.ts";

it.each([
	["2h", 7200],
	["30m", 1800],
	["1h30m", 5400],
	["1h 30 min", 5400],
	[" 2 Hours ", 7200],
	["45minutes", 2700],
	["1 day", 86_400],
	["1d2h3m", 93_780],
	["0m", undefined],
	["", undefined],
	["2", undefined],
	["h", undefined],
	["-2h", undefined],
	["2hx", undefined],
	["2h of work", undefined],
	["1h1h1h1h", undefined],
	["12345m", undefined],
	["1.5h", undefined],
])("%j is %s seconds", (text, seconds) => {
	expect(readDuration(text)).toBe(seconds);
});
