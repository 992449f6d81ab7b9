import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { refusal, type ScriptedServer, someTokens, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { ApiClient } from "../api-client.ts";
import { ServerUnreachable } from "../api-errors.ts";
import { createLog } from "../log.ts";
import { AuthFile } from "../state/auth.ts";
import { Login, NotPaired } from "./login.ts";

const run = promisify(execFile);
const minute = 60_000;

async function paired(server: ScriptedServer, leftMs: number) {
	const folder = await temporaryFolder();
	const file = new AuthFile(folder.path, () => new Date());
	file.pair(server.url, someTokens("old-access", new Date(Date.now() + leftMs)));
	const api = new ApiClient({ server: server.url, fingerprint: "f".repeat(64) });
	const login = new Login({ file, api, log: createLog("error", () => undefined), now: () => new Date() });
	return { folder, file, api, login, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe("the login", () => {
	it("is used as it is while more than an hour is left (row 39)", async () => {
		await using server = await startScriptedServer();
		await using machine = await paired(server, 61 * minute);
		expect(await machine.login.accessToken()).toBe("old-access");
		expect(server.requests).toEqual([]);
	});

	it("is renewed with less than an hour left, and the renewed one is kept (row 39)", async () => {
		await using server = await startScriptedServer();
		await using machine = await paired(server, 55 * minute);
		const token = await machine.login.accessToken();
		expect(token).toMatch(/^access-/);
		expect(server.bodies("POST /auth/refresh")).toEqual([
			{ refresh_token: expect.stringMatching(/^refresh-/), fingerprint: "f".repeat(64) },
		]);
		expect(machine.login.read().access_token).toBe(token);
	});

	it("is renewed once when many calls want it at the same time (row 39)", async () => {
		await using server = await startScriptedServer();
		await using machine = await paired(server, 55 * minute);
		machine.login.refreshIfDue();
		const tokens = await Promise.all(Array.from({ length: 20 }, () => machine.login.accessToken()));
		expect(new Set(tokens).size).toBe(1);
		expect(server.bodies("POST /auth/refresh")).toHaveLength(1);
	});

	it("is renewed once when ten processes want it at the same time (rows 39, 42)", async () => {
		await using server = await startScriptedServer();
		await using machine = await paired(server, 55 * minute);
		const script = join(import.meta.dirname, "../../tests/helpers/refresh-child.ts");
		const outputs = await Promise.all(
			Array.from({ length: 10 }, () => run(process.execPath, [script, machine.folder.path, server.url])),
		);
		expect(server.bodies("POST /auth/refresh")).toHaveLength(1);
		expect(new Set(outputs.map(({ stdout }) => stdout))).toEqual(new Set([machine.login.read().access_token]));
	}, 60_000);

	it("that the server refuses before its time is renewed once, and the call made again", async () => {
		await using server = await startScriptedServer();
		await using machine = await paired(server, 600 * minute);
		server.on("GET /status", ({ headers }) =>
			headers.authorization === "Bearer old-access"
				? refusal(401, "token_expired")
				: { status: 200, body: { channels: [], sessions: [] } },
		);
		const ask = () => machine.login.call((token) => machine.api.status(token));
		expect(await Promise.all([ask(), ask(), ask()])).toHaveLength(3);
		expect(server.bodies("POST /auth/refresh")).toHaveLength(1);
		expect(machine.login.read().access_token).not.toBe("old-access");
	});

	it("that the server refuses for good is refused after one renewal", async () => {
		await using server = await startScriptedServer();
		await using machine = await paired(server, 600 * minute);
		server.on("GET /status", () => refusal(401, "unauthorized", "Not you."));
		await expect(machine.login.call((token) => machine.api.status(token))).rejects.toThrow("Not you.");
		expect(server.bodies("POST /auth/refresh")).toHaveLength(1);
	});

	it("is paired and forgotten although a process was killed while it held the lock", async () => {
		await using server = await startScriptedServer();
		await using machine = await paired(server, 600 * minute);
		mkdirSync(`${machine.file.lockPath}.lock`);
		await machine.login.pair(someTokens("new-access", new Date(Date.now() + 600 * minute)));
		expect(machine.login.read().access_token).toBe("new-access");
	}, 30_000);

	it("that the server took back ends here, and says what to do (row 40)", async () => {
		await using server = await startScriptedServer();
		await using machine = await paired(server, -minute);
		server.on("POST /auth/refresh", () => refusal(401, "unauthorized"));
		await expect(machine.login.accessToken()).rejects.toThrow(
			"The pairing with +1***8912 has ended. Run /notify-setup.",
		);
		await expect(machine.login.accessToken()).rejects.toThrow(NotPaired);
		expect(server.bodies("POST /auth/refresh")).toHaveLength(1);
		expect(machine.file.read()).toEqual({ state: "ended", address_masked: "+1***8912" });
	});

	it("goes on with the old token while it is good and the server is away", async () => {
		await using server = await startScriptedServer();
		await using machine = await paired(server, 30 * minute);
		await server.goDown();
		expect(await machine.login.accessToken()).toBe("old-access");
	});

	it("that ran out while the server is away is kept for later", async () => {
		await using server = await startScriptedServer();
		await using machine = await paired(server, -minute);
		await server.goDown();
		await expect(machine.login.accessToken()).rejects.toThrow(ServerUnreachable);
		await server.comeBack();
		expect(await machine.login.accessToken()).toMatch(/^access-/);
	});

	it("never goes to another server than the one that gave it", async () => {
		await using server = await startScriptedServer();
		await using other = await startScriptedServer();
		await using machine = await paired(server, 30 * minute);
		const api = new ApiClient({ server: other.url, fingerprint: "f".repeat(64) });
		const log = createLog("error", () => undefined);
		const login = new Login({ file: machine.file, api, log, now: () => new Date() });
		await expect(login.accessToken()).rejects.toThrow(
			/^Paired with http:\/\/127\.0\.0\.1:\d+, but the server is .* Run \/notify-setup\.$/,
		);
		expect(other.requests).toEqual([]);
	});

	it("tells what is wrong with the configured server", async () => {
		await using folder = await temporaryFolder();
		const file = new AuthFile(folder.path, () => new Date());
		const log = createLog("error", () => undefined);
		const login = new Login({ file, api: { problem: "CLAUDE_NOTIFY_URL is not a URL." }, log, now: () => new Date() });
		await expect(login.accessToken()).rejects.toThrow("CLAUDE_NOTIFY_URL is not a URL.");
	});

	it("renewed in the background hurts nobody when it fails", async () => {
		await using server = await startScriptedServer();
		await using machine = await paired(server, 30 * minute);
		server.on("POST /auth/refresh", () => ({ status: 500, body: "x" }));
		machine.login.refreshIfDue();
		await server.waitFor("POST /auth/refresh");
		expect(await machine.login.accessToken()).toBe("old-access");
	});
});
