import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text as readText } from "node:stream/consumers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { nodeDir } from "./helpers/processes.ts";

const script = resolve(import.meta.dirname, "../.ci/ensure-dependencies.mjs");
const packages = {
	"": { name: "project" },
	"node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
	"node_modules/mac-only": { version: "1.0.0", integrity: "sha512-m", optional: true },
};

/** Stands in for npm-cli.js: notes that it was called, takes a moment, then installs what the lockfile says. */
const npm = `
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
appendFileSync("npm-calls.txt", process.argv.slice(2).join(" ") + "\\n");
if (process.env.NPM_FAILS) { console.error("npm error 404 no such package"); process.exit(1); }
rmSync("node_modules", { recursive: true, force: true });
await new Promise((done) => setTimeout(done, 300));
mkdirSync("node_modules/node/bin", { recursive: true });
writeFileSync("node_modules/node/bin/node", "");
const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
delete packages[""];
for (const [path, entry] of Object.entries(packages)) if (entry.optional) delete packages[path];
writeFileSync("node_modules/.package-lock.json", JSON.stringify({ packages }));
`;

async function project(): Promise<string> {
	const root = await mkdtemp(join(tmpdir(), "claude-notify-install-"));
	onTestFinished(() => rm(root, { recursive: true, force: true }));
	await mkdir(join(root, ".ci"));
	await cp(script, join(root, ".ci/ensure-dependencies.mjs"));
	await writeFile(join(root, "package-lock.json"), JSON.stringify({ packages }));
	await writeFile(join(root, "npm.mjs"), npm);
	return root;
}

let node20: string;
beforeAll(async () => {
	node20 = join(await nodeDir(20), "node");
});

async function ensure(root: string, env: Record<string, string> = {}): Promise<{ code: number | null; said: string }> {
	const child = spawn(node20, [join(root, ".ci/ensure-dependencies.mjs")], {
		cwd: tmpdir(),
		env: { PATH: `${join(node20, "..")}:/usr/bin:/bin`, npm_execpath: join(root, "npm.mjs"), ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	const ended = new Promise<number | null>((done) => child.once("close", done));
	const [out, err, code] = await Promise.all([readText(child.stdout), readText(child.stderr), ended]);
	return { code, said: out + err };
}

const calls = async (root: string) => (await readFile(join(root, "npm-calls.txt"), "utf8")).trim().split("\n");

describe("an npm script on a fresh clone", () => {
	it("installs exactly the lockfile, tools included, and says so in one line", async () => {
		const root = await project();
		const { code, said } = await ensure(root);
		expect(code).toBe(0);
		expect(said).toMatch(/^claude-notify: installing dependencies .*… done in \d+ s\.\n$/);
		expect(await calls(root)).toEqual([expect.stringMatching(/^ci --include=dev /)]);
		expect((await readdir(root)).filter((name) => name.startsWith(".install"))).toEqual([]);
	});

	it("says and does nothing when everything is there", async () => {
		const root = await project();
		await ensure(root);
		expect(await ensure(root)).toEqual({ code: 0, said: "" });
		expect(await calls(root)).toHaveLength(1);
	});

	it.each([
		["a version changed", { "node_modules/a": { version: "2.0.0", integrity: "sha512-b" } }],
		["other bytes under the same version", { "node_modules/a": { version: "1.0.0", integrity: "sha512-x" } }],
		["a package came", { ...packages, "node_modules/b": { version: "1.0.0", integrity: "sha512-b" } }],
		["a package went", {}],
	])("installs again when %s", async (_what, changed) => {
		const root = await project();
		await ensure(root);
		await writeFile(join(root, "package-lock.json"), JSON.stringify({ packages: changed }));
		expect((await ensure(root)).code).toBe(0);
		expect(await calls(root)).toHaveLength(2);
		expect(await ensure(root)).toEqual({ code: 0, said: "" });
	});

	it("installs once when two scripts start together", async () => {
		const root = await project();
		const both = await Promise.all([ensure(root), ensure(root)]);
		expect(both.map(({ code }) => code)).toEqual([0, 0]);
		expect(await calls(root)).toHaveLength(1);
	});

	it("is not held up by the lock of an installation that was killed", async () => {
		const root = await project();
		await writeFile(join(root, ".install.lock"), "999999999");
		expect((await ensure(root)).code).toBe(0);
		expect(await calls(root)).toHaveLength(1);
	});

	it("fails with what npm said and the cure, and lets the next one try", async () => {
		const root = await project();
		const { code, said } = await ensure(root, { NPM_FAILS: "1" });
		expect(code).toBe(1);
		expect(said).toContain("npm error 404 no such package");
		expect(said).toContain(`Cure: repair what npm says above, then run \`npm ci\` in ${root}`);
		expect((await ensure(root)).code).toBe(0);
	});

	it("names the cure when the lockfile is missing", async () => {
		const root = await project();
		await rm(join(root, "package-lock.json"));
		const { code, said } = await ensure(root);
		expect(code).toBe(1);
		expect(said).toContain("git checkout package-lock.json");
	});
});
