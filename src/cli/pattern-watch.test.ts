import { describe, expect, it } from "vitest";
import { compilePattern } from "../line-pattern.ts";
import { PatternWatch } from "./pattern-watch.ts";

function told(pattern: string, chunks: readonly (string | Buffer)[], cooldownMs = 0): string[] {
	const lines: string[] = [];
	const watch = new PatternWatch({ matches: compilePattern(pattern), cooldownMs, onLine: (line) => lines.push(line) });
	for (const chunk of chunks) watch.push(Buffer.from(chunk));
	watch.end();
	return lines;
}

describe("the watch for a pattern", () => {
	it("tells the line that matches, as a person saw it, also one that came in pieces (row W24)", () => {
		expect(told("epoch (\\d+)", ["step 1\n\u001b[32mepo", "ch 12\u001b[0m: loss 0.1\nstep 2\n"])).toEqual([
			"epoch 12: loss 0.1",
		]);
		expect(told("100%", [" 99%\r100%\rdone"])).toEqual(["100%"]);
		expect(told("^é", [Buffer.from("é").subarray(0, 1), Buffer.from("é\n").subarray(1)])).toEqual(["é"]);
		expect(told("last$", ["first\nlast"])).toEqual(["last"]);
	});

	it("is about one line: what stands in two of them is no match (row W24)", () => {
		expect(told("a\\s+b", ["a\nb\n"])).toEqual([]);
	});

	it("tells once in a cool-down, whatever comes meanwhile (row W24)", () => {
		expect(told("epoch", ["epoch 1\n", "epoch 2\n", "epoch 3\n"], 60_000)).toEqual(["epoch 1"]);
		expect(told("epoch", ["epoch 1\n", "epoch 2\n"], 0)).toEqual(["epoch 1", "epoch 2"]);
	});

	it("takes a pattern and a line that would hang a backtracking engine (row W24)", () => {
		expect(told("^(a+)+$", [`${"a".repeat(50_000)}b\n`])).toEqual([]);
		expect(() => compilePattern("(a")).toThrow();
		expect(() => compilePattern("(?=a)")).toThrow();
	});

	it("keeps no more than a line of 64 KB, and shows 500 characters without secrets (row W24)", () => {
		const endless = Array.from({ length: 100 }, () => "x".repeat(10_000));
		expect(told("found", [...endless, "found\n"])).toHaveLength(1);
		expect(told("x", [endless.join("")])[0]).toHaveLength(500);
		expect(told("token", [`token=ghp_${"a".repeat(36)}\n`])[0]).not.toContain("aaaa");
	});
});
