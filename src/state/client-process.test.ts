import { realpathSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { clientArguments, clientCommand, hasOurChannel } from "./client-process.ts";

describe("the client that started the companion", () => {
	it.each<[string, boolean]>([
		["claude --channels plugin:notify@claude-notify", true],
		["claude --channels plugin:other@x plugin:notify@inline --resume x", true],
		["claude --channels=plugin:notify@inline", true],
		["claude --dangerously-load-development-channels plugin:notify@inline", true],
		["claude --channels plugin:other@x", false],
		["claude --channels plugin:notify-more@x", false],
		["claude --channels server:x -p plugin:notify@inline", false],
		["claude -p plugin:notify@inline", false],
		["claude", false],
	])("%s: our channel is asked for: %s", (line, asked) => {
		expect(hasOurChannel(line.split(" "))).toBe(asked);
	});

	it("can be started once more: the very same program", () => {
		// This test runs in Node, as a client did that npm had installed.
		expect(clientCommand(process.pid)[0]).toBe(realpathSync(process.execPath));
		expect(clientArguments(process.pid).length).toBeGreaterThan(1);
	});

	it("that is gone has no command line", () => {
		expect(clientArguments(2 ** 22 + 1)).toEqual([]);
	});
});
