import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { describe, expect, it, onTestFinished } from "vitest";
import { pluginArchive, pluginZip } from "./plugin-archive.ts";

const files = {
	".claude-plugin/marketplace.json": JSON.stringify({
		name: "claude-notify",
		description: "d",
		owner: { name: "o" },
		plugins: [{ name: "notify", source: "./dist" }],
	}),
	"dist/.claude-plugin/plugin.json": JSON.stringify({
		name: "notify",
		version: "1.2.3",
		description: "says so",
		userConfig: { server_url: { type: "string", default: "http://127.0.0.1:8787" }, errors: { default: "blocking" } },
	}),
	"dist/.mcp.json": "{}",
	"dist/commands/notify-start.md": "start",
	"dist/companion.mjs": "export {};",
	"dist/hooks/hooks.json": "{}",
	"package.json": "{}",
	"package-lock.json": "{}",
	"README.md": "read me",
	LICENSE: "MIT",
};

async function checkout(touched = new Date()): Promise<string> {
	const root = await mkdtemp(join(tmpdir(), "claude-notify-archive-"));
	onTestFinished(() => rm(root, { recursive: true, force: true }));
	for (const [path, text] of Object.entries(files)) {
		await mkdir(dirname(join(root, path)), { recursive: true });
		await writeFile(join(root, path), text);
		await utimes(join(root, path), touched, touched);
	}
	return root;
}

describe("the plugin's archive", () => {
	it("holds what dist/ holds, the readme and the licence, and nothing that makes Claude Code run npm", async () => {
		const unpacked = unzipSync(pluginZip(await checkout()));
		expect(Object.keys(unpacked)).toEqual([
			".claude-plugin/plugin.json",
			".mcp.json",
			"LICENSE",
			"README.md",
			"commands/notify-start.md",
			"companion.mjs",
			"hooks/hooks.json",
		]);
		expect(strFromU8(unpacked["companion.mjs"] ?? new Uint8Array())).toBe("export {};");
	});

	it("has the same bytes wherever and whenever the same files are zipped", async () => {
		const here = pluginZip(await checkout(new Date("2020-01-01")));
		const there = pluginZip(await checkout(new Date("2026-11-21T12:34:56Z")));
		expect(Buffer.from(here).equals(there)).toBe(true);
	});

	it("is offered by a marketplace that names its address below the public one, its version and its hash", async () => {
		const { marketplace, zip, version, sha256 } = pluginArchive(await checkout(), "https://notify.example.com");
		expect(version).toBe("1.2.3");
		expect(sha256).toBe(createHash("sha256").update(zip).digest("hex"));
		expect(marketplace).toEqual({
			name: "claude-notify",
			description: "d",
			owner: { name: "o" },
			plugins: [
				{
					name: "notify",
					version: "1.2.3",
					description: "says so",
					source: { source: "archive", url: "https://notify.example.com/plugin/notify-1.2.3.zip", sha256 },
				},
			],
		});
	});

	it("speaks to the server that offers it unless it is told otherwise, and changes nothing else", async () => {
		const root = await checkout();
		const manifestIn = (zip: Uint8Array) =>
			JSON.parse(strFromU8(unzipSync(zip)[".claude-plugin/plugin.json"] ?? new Uint8Array()));
		const own = manifestIn(pluginZip(root));
		expect(own.userConfig.server_url.default).toBe("http://127.0.0.1:8787");
		const offered = manifestIn(pluginArchive(root, "https://notify.example.com/").zip);
		own.userConfig.server_url.default = "https://notify.example.com";
		expect(offered).toEqual(own);
	});

	it("is refused, with the file's name, where dist/ was never built", async () => {
		const root = await checkout();
		await rm(join(root, "dist"), { recursive: true });
		expect(() => pluginArchive(root, "https://notify.example.com")).toThrow(/dist\/\.claude-plugin\/plugin\.json/);
	});
});
