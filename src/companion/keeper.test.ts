import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { refusal, replyFromPhone, someTokens, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { until } from "../../tests/helpers/until.ts";
import { writeClientFile } from "../state/client-files.ts";

const start = "POST /sessions/start";
const beat = "POST /sessions/*/heartbeat";
const events = "POST /sessions/*/events";

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
	const child = spawn(process.execPath, ["-e", ""]);
	await once(child, "exit");
	return child.pid ?? 0;
}

describe("a monitored session", () => {
	it("is started once on the server and has a file of its own (rows 6, 67)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.keeper.start("aaa", "migrate billing", "/work/api");
		expect(server.bodies(start)).toEqual([
			{
				claude_session_id: "aaa",
				description: "migrate billing",
				hostname: "laptop",
				cwd: "/work/api",
				started_at: expect.stringMatching(/^\d{4}-/),
				heartbeat_interval_ms: 30_000,
				inactivity_threshold_ms: 600_000,
			},
		]);
		expect(rig.files.read("aaa")).toMatchObject({
			description: "migrate billing",
			handle: "b",
			client_pid: process.pid,
		});
		await expect(rig.keeper.start("aaa", "again", "/")).rejects.toThrow(
			"Session already monitoring. Use /notify-stop first.",
		);
		expect(server.bodies(start)).toHaveLength(1);
	});

	it("sends heartbeats with its last activity, at once and at the interval (rows 56, 59)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { heartbeatIntervalMs: 1000 });
		const monitor = await rig.keeper.start("aaa", "x", "/");
		await server.waitFor(beat);
		const before = new Date().toISOString();
		monitor.activity();
		const [, second] = await server.waitFor(beat, 2);
		const { timestamp, last_activity } = Object(second?.body);
		expect(last_activity >= before).toBe(true);
		expect(timestamp >= last_activity).toBe(true);
	});

	it("goes on after its client was killed, without a new start, and sends what was left (rows 66, 68)", async () => {
		await using server = await startScriptedServer();
		await using home = await temporaryFolder();
		const first = await companionRig(server, { home, clientPid: await deadPid() });
		const killed = await first.keeper.start("aaa", "x", "/");
		await server.waitFor(beat);
		await server.goDown();
		killed.report("error", { tool_name: "Bash" });
		await first.keeper.close();
		await server.comeBack();
		await using second = await companionRig(server, { home, guessedSessionId: "aaa" });
		second.keeper.open();
		expect(second.keeper.monitor?.file).toMatchObject({ description: "x", client_pid: process.pid });
		await server.waitFor(events);
		expect(server.bodies(start)).toHaveLength(1);
	});

	it("gives replies that came meanwhile to the next prompt, and not twice after another crash (row 66)", async () => {
		await using server = await startScriptedServer();
		await using home = await temporaryFolder();
		const first = await companionRig(server, { home, clientPid: await deadPid() });
		await first.keeper.start("aaa", "x", "/");
		await first.keeper.close();
		const reply = replyFromPhone("go on");
		server.offer(reply);
		const second = await companionRig(server, { home, guessedSessionId: "aaa", clientPid: await deadPid() });
		second.keeper.open();
		await until(
			() => second.keeper.monitor?.replies.open === 1,
			5000,
			() => "never came",
		);
		expect(second.keeper.monitor?.replies.take("prompt")).toHaveLength(1);
		await second.keeper.close();
		const read = "GET /sessions/*/inbox";
		const before = server.bodies(read).length;
		await using third = await companionRig(server, { home, guessedSessionId: "aaa" });
		third.keeper.open();
		await server.waitFor(read, before + 1);
		server.offer(reply);
		await server.waitFor("POST /sessions/*/inbox/*/receipt");
		expect(third.keeper.monitor?.replies.open).toBe(0);
	});

	it("moves on with /clear to its new id, and tells the server (row 67)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { guessedSessionId: "aaa" });
		rig.keeper.open();
		await rig.keeper.start("aaa", "x", "/");
		await server.waitFor(beat);
		writeClientFile(rig.home, process.pid, { session_id: "bbb", source: "clear", cwd: "/" });
		await until(
			() => rig.keeper.monitor?.file.claude_session_id === "bbb",
			5000,
			() => "never noticed",
		);
		const [, second] = await server.waitFor(beat, 2);
		expect(second?.body).toMatchObject({ claude_session_id: "bbb" });
		expect([rig.files.read("aaa"), rig.files.read("bbb")?.handle]).toEqual([undefined, "b"]);
	});

	it("moves on when a hook brings another id before the client's file does", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.keeper.start("aaa", "x", "/");
		rig.keeper.identify("bbb");
		expect(rig.keeper.monitor?.file.claude_session_id).toBe("bbb");
		expect(server.bodies(start)).toHaveLength(1);
	});

	it("is left alone when the client goes to another conversation with /resume", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.keeper.start("aaa", "x", "/");
		writeClientFile(rig.home, process.pid, { session_id: "bbb", source: "resume", cwd: "/" });
		rig.keeper.identify("bbb");
		expect(rig.keeper.monitor).toBeUndefined();
		expect(rig.files.read("aaa")).toBeDefined();
	});

	it("is not taken from another window that has it open", async () => {
		await using server = await startScriptedServer();
		await using home = await temporaryFolder();
		await using other = await companionRig(server, { home, clientPid: process.ppid });
		writeClientFile(home.path, process.ppid, { session_id: "aaa", source: "startup", cwd: "/" });
		await other.keeper.start("aaa", "x", "/");
		await using rig = await companionRig(server, { home, guessedSessionId: "aaa" });
		rig.keeper.open();
		expect(rig.keeper.monitor).toBeUndefined();
		expect(rig.keeper.note).toMatch(/another Claude Code window/i);
	});

	it.each([
		["the heartbeat", beat],
		["the inbox", "GET /sessions/*/inbox"],
		["an event", events],
	])("ends here when %s finds that the server does not know it, and says so (row 43)", async (_what, route) => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		server.on(route, () => refusal(401, "unauthorized"));
		const monitor = await rig.keeper.start("aaa", "x", "/");
		monitor.report("done", {});
		await until(
			() => rig.keeper.monitor === undefined,
			5000,
			() => "still monitored",
		);
		expect(rig.keeper.note).toMatch(/server has ended monitoring/);
		expect(rig.files.read("aaa")).toBeUndefined();
	});

	it("renews the login while it runs, once (row 39)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { heartbeatIntervalMs: 1000 });
		const monitor = await rig.keeper.start("aaa", "x", "/");
		await server.waitFor(beat);
		rig.file.pair(server.url, someTokens("access-1", new Date(Date.now() + 55 * 60_000)));
		for (let at = 0; at < 10; at++) monitor.turnStarted();
		await server.waitFor("POST /auth/refresh");
		await server.waitFor(beat, 4);
		expect(server.bodies("POST /auth/refresh")).toHaveLength(1);
	});
});

describe("monitoring by itself", () => {
	it("begins with the session when the option is on, named after the folder", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { autoStart: true });
		rig.keeper.open();
		writeClientFile(rig.home, process.pid, { session_id: "aaa", source: "startup", cwd: "/work/billing" });
		await server.waitFor(start);
		expect(server.bodies(start)).toMatchObject([
			{ claude_session_id: "aaa", description: "billing", cwd: "/work/billing" },
		]);
	});

	it("does not begin again after /notify-stop, nor with /clear", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { autoStart: true });
		rig.keeper.open();
		writeClientFile(rig.home, process.pid, { session_id: "aaa", source: "startup", cwd: "/work/billing" });
		await until(
			() => rig.keeper.monitor,
			5000,
			() => "never began",
		);
		await rig.type("notify:stop");
		writeClientFile(rig.home, process.pid, { session_id: "bbb", source: "clear", cwd: "/work/billing" });
		await until(
			() => rig.keeper.current === "bbb",
			5000,
			() => "never noticed",
		);
		expect([server.bodies(start).length, rig.keeper.monitor]).toEqual([1, undefined]);
	});

	it.each([
		["the option is off", { autoStart: false }],
		["nothing is paired", { autoStart: true, paired: false }],
	])("does not begin when %s", async (_why, options) => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, options);
		rig.keeper.open();
		writeClientFile(rig.home, process.pid, { session_id: "aaa", source: "startup", cwd: "/work/billing" });
		await until(
			() => rig.keeper.current === "aaa",
			5000,
			() => "never noticed",
		);
		expect(server.requests).toEqual([]);
	});

	it("is not fooled by what a dead client with the same process id left behind", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { autoStart: true });
		writeClientFile(rig.home, process.pid, { session_id: "old", source: "startup", cwd: "/work" });
		const { utimesSync } = await import("node:fs");
		const { clientFilePath } = await import("../state/client-files.ts");
		const longAgo = new Date(Date.now() - 600_000);
		utimesSync(clientFilePath(rig.home, process.pid), longAgo, longAgo);
		rig.keeper.open();
		expect([rig.keeper.current, server.requests.length]).toEqual([undefined, 0]);
	});
});
