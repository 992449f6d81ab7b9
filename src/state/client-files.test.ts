import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import {
	clientFilePath,
	isAlive,
	isOpenInClient,
	readClientFile,
	readLiveClient,
	removeDeadClientFiles,
	writeClientFile,
} from "./client-files.ts";

const file = { session_id: "e93c2930", source: "startup", cwd: "/work" };

describe("a client's file", () => {
	it("says which sessions are open on this machine", async () => {
		await using home = await temporaryFolder();
		writeClientFile(home.path, process.pid, file);
		writeClientFile(home.path, 2 ** 22 + 1, { ...file, session_id: "dead" });
		expect(["e93c2930", "dead", "other"].map((id) => isOpenInClient(home.path, id))).toEqual([true, false, false]);
	});

	it("goes with the door of its waiting hook when its client is dead", async () => {
		await using home = await temporaryFolder();
		const doors = [process.pid, 2 ** 22 + 1].map((pid) => join(home.path, "rewake", `${pid}.sock`));
		mkdirSync(join(home.path, "rewake"));
		for (const door of doors) writeFileSync(door, "");
		removeDeadClientFiles(home.path);
		expect(doors.map((door) => existsSync(door))).toEqual([true, false]);
	});

	it("tells which session the client is in", async () => {
		await using home = await temporaryFolder();
		expect(readClientFile(home.path, 4711)).toBeUndefined();
		writeClientFile(home.path, 4711, file);
		expect(readClientFile(home.path, 4711)).toMatchObject(file);
	});

	it.each(["", "{", "null", "[]", '{"session_id":5}', '{"session_id":"../../etc"}'])(
		"that holds %j tells nothing",
		async (content) => {
			await using home = await temporaryFolder();
			writeClientFile(home.path, 4711, file);
			writeFileSync(clientFilePath(home.path, 4711), content);
			expect(readClientFile(home.path, 4711)).toBeUndefined();
		},
	);

	it.runIf(process.platform === "linux")(
		"goes when its client was killed and its parent has not looked yet",
		async () => {
			await using home = await temporaryFolder();
			// `sleep` takes the shell's place and never asks for the child that the shell left it.
			const parent = spawn("sh", ["-c", "sleep 0.3 & echo $!; exec sleep 30"], { stdio: ["ignore", "pipe", "ignore"] });
			const [line] = await once(parent.stdout, "data");
			const zombie = Number(String(line));
			writeClientFile(home.path, zombie, file);
			await expect.poll(() => isAlive(zombie)).toBe(false);
			expect(process.kill(zombie, 0)).toBe(true);
			removeDeadClientFiles(home.path);
			expect(existsSync(clientFilePath(home.path, zombie))).toBe(false);
			parent.kill();
		},
	);

	it.runIf(process.platform === "linux")(
		"is nobody's when its client was killed and another program has the process id now (row 66)",
		async () => {
			await using home = await temporaryFolder();
			writeClientFile(home.path, process.pid, file);
			expect(readLiveClient(home.path, process.pid)).toMatchObject(file);
			const longAgo = new Date(Date.now() - process.uptime() * 1000 - 120_000);
			utimesSync(clientFilePath(home.path, process.pid), longAgo, longAgo);
			expect(readLiveClient(home.path, process.pid)).toBeUndefined();
			removeDeadClientFiles(home.path);
			expect(existsSync(clientFilePath(home.path, process.pid))).toBe(false);
		},
	);

	it("goes when its client is dead, and stays while it lives", async () => {
		await using home = await temporaryFolder();
		const child = spawn(process.execPath, ["-e", ""]);
		await once(child, "exit");
		const dead = child.pid ?? 0;
		writeClientFile(home.path, dead, file);
		writeClientFile(home.path, process.pid, file);
		expect([isAlive(dead), isAlive(process.pid)]).toEqual([false, true]);
		removeDeadClientFiles(home.path);
		expect(existsSync(clientFilePath(home.path, dead))).toBe(false);
		expect(existsSync(clientFilePath(home.path, process.pid))).toBe(true);
	});
});
