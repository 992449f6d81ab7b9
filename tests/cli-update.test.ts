import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { version } from "../src/version.ts";
import { type Cli, openCli } from "./helpers/cli.ts";
import { startScriptedServer } from "./helpers/scripted-server.ts";

let cli: Cli;

beforeAll(async () => {
	cli = await openCli();
});

afterAll(() => cli[Symbol.asyncDispose]());

describe("update --check", () => {
	async function withServer(answer: { status: number; body?: unknown }, args: string[] = ["--check"]) {
		await using server = await startScriptedServer();
		server.on("GET /healthz", () => answer);
		const told = await cli.run(["update", ...args], { env: { CLAUDE_NOTIFY_URL: server.url } });
		return { ...told, requests: server.requests, url: server.url };
	}

	it("compares with the server that gives it out and says what to type; it changes nothing (row 17)", async () => {
		const newer = await withServer({ status: 200, body: { status: "ok", version: "99.1.0" } });
		expect(newer).toMatchObject({ code: 0, stderr: "" });
		expect(newer.stdout).toContain(`99.1.0 is there; this is ${version}.`);
		expect(newer.stdout).toContain(`curl -fsSL ${newer.url}/install.sh | sh`);
		expect(newer.requests).toHaveLength(1);
		const same = await withServer({ status: 200, body: { status: "ok", version } }, ["--json"]);
		expect(JSON.parse(same.stdout)).toEqual({ current: version, latest: version, newer: false });
	});

	it.each([
		[{ status: 404, body: {} }, "gave no version (HTTP 404)"],
		[{ status: 200, body: { status: "ok", version: "$(touch pwned)" } }, "gave no version"],
		[{ status: 500, body: "<html>" }, "gave no version (HTTP 500)"],
	])("a server that answers %j is named, with exit code 1 (row 17)", async (answer, words) => {
		expect(await withServer(answer)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(words) });
	});

	it("a server that is away, or plain http elsewhere, is refused in words (row 17)", async () => {
		const away = await cli.run(["update", "--check"], { env: { CLAUDE_NOTIFY_URL: "http://127.0.0.1:9" } });
		expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached") });
		const plain = await cli.run(["update"], { env: { CLAUDE_NOTIFY_URL: "http://notify.example.com" } });
		expect(plain).toMatchObject({ stdout: "", stderr: expect.stringContaining("https") });
		expect(plain.code).toBeGreaterThan(0);
	});

	it("no hook and no companion looks for a version (row 17)", async () => {
		const folder = dirname(cli.script);
		const bundles = (await readdir(folder)).filter((name) => name.endsWith(".mjs") && name !== "command-line.mjs");
		expect(bundles.length).toBeGreaterThan(3);
		for (const name of bundles) expect(await readFile(join(folder, name), "utf8"), name).not.toContain("/healthz");
	});
});
