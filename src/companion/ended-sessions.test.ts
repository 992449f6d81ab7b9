import { randomUUID } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { uuidv7 } from "uuidv7";
import { describe, expect, it } from "vitest";
import { refusal, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { until } from "../../tests/helpers/until.ts";
import { ApiClient } from "../api-client.ts";
import { createLog } from "../log.ts";
import { writeClientFile } from "../state/client-files.ts";
import { type SessionFile, SessionFiles } from "../state/session-files.ts";
import { Spool } from "../state/spool.ts";
import { clearLeftovers } from "./leftovers.ts";
import { reportSessionEnd } from "./report-session-end.ts";

const now = () => new Date();
const log = createLog("error", () => undefined);
const fingerprint = "f".repeat(64);
const events = "POST /sessions/*/events";
const stop = "POST /sessions/*/stop";

async function machine(serverUrl: string, more: Partial<SessionFile> = {}) {
	const folder = await temporaryFolder();
	const files = new SessionFiles(folder.path, now);
	const file: SessionFile = {
		claude_session_id: "aaa",
		session_id: randomUUID(),
		session_token: "session-token",
		server: serverUrl,
		handle: "b",
		description: "api",
		started_at: now().toISOString(),
		client_pid: 4711,
		turn: "none",
		given: [],
		...more,
	};
	files.write(file);
	const spool = new Spool(folder.path, file.session_id, log.warn);
	const spooled = (type: "error" | "done") =>
		spool.append({ id: uuidv7(), type, occurred_at: now().toISOString(), details: {} });
	const end = (input: Record<string, unknown> = { session_id: "aaa", reason: "other" }, patienceMs = 0) =>
		reportSessionEnd(input, { home: folder.path, clientPid: 4711, fingerprint, log, now, newId: uuidv7, patienceMs });
	const left = (signal = new AbortController().signal) =>
		clearLeftovers({
			apiFor: (server) => new ApiClient({ server, fingerprint, timeoutMs: 2000 }),
			files,
			home: folder.path,
			log,
			now,
			signal,
		});
	const names = () =>
		["sessions", "spool"].flatMap((name) =>
			existsSync(join(folder.path, name)) ? readdirSync(join(folder.path, name)) : [],
		);
	return {
		home: folder.path,
		files,
		file,
		spooled,
		end,
		left,
		names,
		[Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
	};
}

describe("the end of a session", () => {
	it("says done when nothing was said about its last turn, then stops and cleans up (row 65)", async () => {
		await using server = await startScriptedServer();
		await using session = await machine(server.url, { turn: "open" });
		session.spooled("error");
		await session.end();
		expect(server.bodies(events).map((body) => Object(body).type)).toEqual(["error", "done"]);
		expect(server.bodies(stop)).toEqual([{ reason: "other", final_state: "completed", ended_at: expect.any(String) }]);
		expect(session.names()).toEqual([]);
	});

	it.each([
		["done", "completed"],
		["failed", "failed"],
		["none", "completed"],
	] as const)("says nothing more when the last turn was told as %s (row 65)", async (turn, final_state) => {
		await using server = await startScriptedServer();
		await using session = await machine(server.url, { turn });
		await session.end();
		expect(server.bodies(events)).toEqual([]);
		expect(server.bodies(stop)).toMatchObject([{ final_state }]);
	});

	it("that the server could not be told of is told by the next companion, once (row 65)", async () => {
		await using server = await startScriptedServer();
		await using session = await machine(server.url, { turn: "open" });
		await server.goDown();
		await session.end();
		expect(session.files.read("aaa")).toMatchObject({ ended: { reason: "other" }, turn: "done" });
		await server.comeBack();
		await Promise.all([session.left(), session.left()]);
		expect(server.bodies(events)).toHaveLength(1);
		expect(session.names()).toEqual([]);
	});

	it("is told as soon as the server answers, while the reporter has patience", async () => {
		await using server = await startScriptedServer();
		await using session = await machine(server.url, { turn: "open" });
		await server.goDown();
		const reporting = session.end(undefined, 20_000);
		await until(
			() => session.files.read("aaa")?.ended,
			5000,
			() => "not noted",
		);
		await server.comeBack();
		await reporting;
		expect([server.bodies(events).length, server.bodies(stop).length]).toEqual([1, 1]);
	});

	it("is no end for a session that another window has open", async () => {
		await using server = await startScriptedServer();
		await using session = await machine(server.url, { client_pid: process.pid });
		writeClientFile(session.home, process.pid, { session_id: "aaa", source: "startup", cwd: "/" });
		await session.end();
		expect([server.requests.length, session.files.read("aaa")?.ended]).toEqual([0, undefined]);
	});

	it("cleans up when the server knew it already", async () => {
		await using server = await startScriptedServer();
		await using session = await machine(server.url);
		server.on(stop, () => refusal(404, "session_not_found"));
		await session.end();
		expect(session.names()).toEqual([]);
	});

	it.each([{}, { session_id: 5 }, { session_id: "../aaa" }, { session_id: "unknown" }])(
		"of %j is nobody's",
		async (input) => {
			await using server = await startScriptedServer();
			await using session = await machine(server.url);
			await session.end(input);
			expect([server.requests.length, session.names().length]).toEqual([0, 1]);
		},
	);
});

describe("what a killed session left behind", () => {
	it("is sent by the next companion, and the session can still be resumed (rows 66, 68)", async () => {
		await using server = await startScriptedServer();
		await using session = await machine(server.url);
		session.spooled("error");
		session.spooled("done");
		await session.left();
		expect(server.bodies(events)).toHaveLength(2);
		expect(session.names()).toEqual(["aaa.json"]);
	});

	it("is left to its owner while that lives", async () => {
		await using server = await startScriptedServer();
		await using session = await machine(server.url, { client_pid: process.pid });
		writeClientFile(session.home, process.pid, { session_id: "aaa", source: "startup", cwd: "/" });
		session.spooled("error");
		await session.left();
		expect(server.requests).toEqual([]);
	});

	it("is tried again until the server is back", async () => {
		await using server = await startScriptedServer();
		await using session = await machine(server.url);
		session.spooled("error");
		let calls = 0;
		server.on(events, ({ body }) => {
			calls += 1;
			const event_id = Object(body).id;
			const taken = {
				event_id,
				outcome: "queued",
				channels: [],
				rate_limited: false,
				next_allowed_at: null,
				retry_after: null,
			};
			return calls === 1 ? { status: 503, body: "x" } : { status: 200, body: taken };
		});
		await session.left();
		expect(calls).toBe(2);
	});

	it("is given up on after a month", async () => {
		await using server = await startScriptedServer();
		const longAgo = new Date(Date.now() - 31 * 24 * 3_600_000).toISOString();
		await using session = await machine(server.url, { started_at: longAgo });
		await session.left();
		expect(session.names()).toEqual([]);
		expect(server.requests).toEqual([]);
	});
});
