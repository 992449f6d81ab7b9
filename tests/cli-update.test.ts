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
	async function withRegistry(answer: { status: number; body?: unknown }, args: string[] = ["--check"]) {
		await using registry = await startScriptedServer();
		registry.on("GET /claude-notify/latest", () => answer);
		const told = await cli.run(["update", ...args], { env: { npm_config_registry: registry.url } });
		return { ...told, requests: registry.requests };
	}

	it("compares with the registry and says what to type; it changes nothing (row 17)", async () => {
		const newer = await withRegistry({ status: 200, body: { version: "99.1.0" } });
		expect(newer).toMatchObject({ code: 0, stderr: "" });
		expect(newer.stdout).toContain(`99.1.0 is there; this is ${version}.`);
		expect(newer.stdout).toContain("npm install -g claude-notify@99.1.0");
		expect(newer.requests).toHaveLength(1);
		const same = await withRegistry({ status: 200, body: { version } }, ["--json"]);
		expect(JSON.parse(same.stdout)).toEqual({ current: version, latest: version, newer: false });
	});

	it.each([
		[{ status: 404, body: {} }, "has no claude-notify"],
		[{ status: 200, body: { version: "$(touch pwned)" } }, "gave no version"],
		[{ status: 500, body: "<html>" }, "gave no version (HTTP 500)"],
	])("a registry that answers %j is named, with exit code 1 (row 17)", async (answer, words) => {
		expect(await withRegistry(answer)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(words) });
	});

	it("a registry that is away, or plain http elsewhere, is refused in words (row 17)", async () => {
		const away = await cli.run(["update", "--check", "--registry", "http://127.0.0.1:9"]);
		expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached") });
		const plain = await cli.run(["update", "--check", "--registry", "http://registry.example.com"]);
		expect(plain).toMatchObject({ code: 2, stderr: expect.stringContaining("must be https") });
	});

	it("no hook and no companion knows of a registry (row 17)", async () => {
		const folder = dirname(cli.script);
		const bundles = (await readdir(folder)).filter((name) => name.endsWith(".mjs") && name !== "command-line.mjs");
		expect(bundles.length).toBeGreaterThan(3);
		for (const name of bundles) {
			expect(await readFile(join(folder, name), "utf8"), name).not.toContain("registry.npmjs.org");
		}
	});
});
