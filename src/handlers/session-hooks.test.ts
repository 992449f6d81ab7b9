import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { readClientFile, writeClientFile } from "../state/client-files.ts";
import { runCommandHook } from "./command-hook.ts";
import { onSessionEnd } from "./session-end.ts";
import { onSessionStart } from "./session-start.ts";

const clientPid = 4711;

describe("the start of a session", () => {
	it("tells the companion of this client which session it is", async () => {
		await using home = await temporaryFolder();
		onSessionStart({ session_id: "aaa", source: "resume", cwd: "/work" }, { home: home.path, clientPid });
		expect(readClientFile(home.path, clientPid)).toMatchObject({ session_id: "aaa", source: "resume", cwd: "/work" });
	});

	it.each([{}, { session_id: 5 }, { session_id: "../x" }])("with %j tells nothing", async (input) => {
		await using home = await temporaryFolder();
		onSessionStart(input, { home: home.path, clientPid });
		onSessionStart({ session_id: "aaa" }, { home: home.path, clientPid: Number.NaN });
		expect(readClientFile(home.path, clientPid)).toBeUndefined();
	});
});

describe("the end of a session", () => {
	async function end(input: Record<string, unknown>, { monitored = true } = {}) {
		await using home = await temporaryFolder();
		writeClientFile(home.path, clientPid, { session_id: "aaa", source: "startup", cwd: "" });
		mkdirSync(join(home.path, "sessions"));
		if (monitored) writeFileSync(join(home.path, "sessions", "aaa.json"), "{}");
		let reports = 0;
		onSessionEnd(input, { home: home.path, clientPid, reportLater: () => reports++ });
		return { reports, clientFile: readClientFile(home.path, clientPid) !== undefined };
	}

	it.each(["other", "prompt_input_exit", "logout"])(
		"for %s is handed to a process that outlives the client (row 65)",
		async (reason) => {
			expect(await end({ session_id: "aaa", reason })).toEqual({ reports: 1, clientFile: false });
		},
	);

	it("by /clear is none: the session goes on under another id", async () => {
		expect(await end({ session_id: "aaa", reason: "clear" })).toEqual({ reports: 0, clientFile: true });
	});

	it("by going to another conversation ends the old one only", async () => {
		expect(await end({ session_id: "aaa", reason: "resume" })).toEqual({ reports: 1, clientFile: true });
	});

	it("costs no process when it is not monitored", async () => {
		expect(await end({ session_id: "aaa", reason: "other" }, { monitored: false })).toEqual({
			reports: 0,
			clientFile: false,
		});
	});

	it.each([{}, { session_id: "../aaa", reason: "other" }, { session_id: ["aaa"], reason: "other" }])(
		"with %j is nobody's",
		async (input) => {
			expect(await end(input)).toEqual({ reports: 0, clientFile: true });
		},
	);
});

describe("a command hook", () => {
	it.each(["", "{", "null", "5", "[]"])("given %j on stdin does nothing and fails nothing (row 70)", async (stdin) => {
		let calls = 0;
		await runCommandHook(Readable.from([Buffer.from(stdin)]), (input) => {
			if (Object.keys(input).length > 0) calls += 1;
		});
		expect(calls).toBe(0);
	});

	it("that breaks inside fails nothing (row 70)", async () => {
		await runCommandHook(Readable.from([Buffer.from("{}")]), () => {
			throw new Error("no disk");
		});
	});
});
