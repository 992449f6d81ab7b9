import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { maxTemplate, templateVariables } from "../src/contract/templates.ts";
import { carriers } from "./helpers/channel-table.ts";

const root = resolve(import.meta.dirname, "..");
const pages = [
	"README.md",
	"AGENTS.md",
	"CHANGELOG.md",
	"docs/architecture.md",
	"docs/channels.md",
	"docs/command-line.md",
	"docs/settings.md",
	"docs/security.md",
	"docs/manual-checklist.md",
];
const read = (page: string) => readFile(join(root, page), "utf8");

describe("the documents", () => {
	it.each(pages)("%s links only to files that exist (row 200)", async (page) => {
		const text = await read(page);
		const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)|<img src="([^"]+)"/g)].map(
			([, link, image]) => link ?? image ?? "",
		);
		const local = links.filter((link) => !/^https?:/.test(link));
		const missing = local.filter((link) => !existsSync(join(root, dirname(page), link)));
		expect(missing).toEqual([]);
	});

	it("are all there: overview, architecture, security policy, licence, and rules for contributors (row 200)", () => {
		const expected = [...pages, "LICENSE"];
		expect(expected.filter((page) => !existsSync(join(root, page)))).toEqual([]);
	});

	it("name every variable of the server (row 200)", async () => {
		const readme = await read("README.md");
		const source = await read("server/env.ts");
		const known = [...source.matchAll(/^\t([A-Z][A-Z_]+): /gm)].map(([, name]) => name ?? "");
		expect(known.length).toBeGreaterThan(10);
		expect(known.filter((name) => !readme.includes(`\`${name}\``) && name !== "TWILIO_BASE_URL")).toEqual([]);
	});

	it.each(carriers)(
		"tell how to get the credentials of $name, what they cost and how to switch it off (row 200)",
		async ({ name, provider }) => {
			const text = await read("docs/channels.md");
			const section = text.split(/^## /m).find((each) => each.startsWith(name)) ?? "";
			expect(section).toMatch(/^1\. /m);
			expect(section).toContain("*Costs*");
			for (const variable of provider.variables.filter(({ required }) => required)) {
				expect(text).toContain(`\`${variable.name}\``);
			}
			expect(text).toContain("**Switching a channel off**");
		},
	);

	it("list each variable of a template (row 106)", async () => {
		const text = await read("docs/channels.md");
		for (const name of templateVariables) expect(text).toContain(`\`{{${name}}}\``);
		expect(text).toContain(`${maxTemplate} characters`);
	});

	it("show each slash command that the plugin has", async () => {
		const readme = await read("README.md");
		const files = await readdir(join(root, "commands"));
		const commands = files.map((file) => `/${file.replace(/\.md$/, "")}`);
		expect(commands.length).toBeGreaterThanOrEqual(11);
		expect(commands.filter((command) => !readme.includes(`\`${command}`))).toEqual([]);
	});

	it("say how to test with real credentials, which no test here does (row 198)", async () => {
		const text = await read("docs/manual-checklist.md");
		for (const item of ["invalid", "missing credentials", "timeout", "rate limit"])
			expect(text.toLowerCase()).toContain(item);
	});
});
