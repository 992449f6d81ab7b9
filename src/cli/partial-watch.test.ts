import { expect, it } from "vitest";
import { PartialWatch } from "./partial-watch.ts";

it("tells every so many lines what came since, but not twice in a cool-down (row W25)", () => {
	const texts: string[] = [];
	const watch = new PartialWatch({ every: { lines: 3 }, cooldownMs: 0, onText: (text) => texts.push(text) });
	for (const chunk of ["1\n2", "\n", "3\n4\n", "5\n", "6\n7"]) watch.push(Buffer.from(chunk));
	expect(texts).toEqual(["1\n2\n3\n4\n"]);
	const spaced = new PartialWatch({ every: { lines: 1 }, cooldownMs: 60_000, onText: (text) => texts.push(text) });
	for (const chunk of ["a\n", "b\n", "c\n"]) spaced.push(Buffer.from(chunk));
	expect(texts.slice(1)).toEqual(["a\n"]);
});
