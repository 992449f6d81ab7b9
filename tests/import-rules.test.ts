import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkImports } from "../.ci/import-rules.ts";

const root = resolve(import.meta.dirname, "..");

describe("the import rules", () => {
	it("hold in every file of the project, and no file went unseen (row 195)", async () => {
		const { seen, problems } = await checkImports(root);
		expect(problems).toEqual([]);
		const listed = execFileSync(
			"git",
			["ls-files", "--cached", "--others", "--exclude-standard", "src", "server", "tests", ".ci"],
			{ cwd: root, encoding: "utf8" },
		);
		const removed = execFileSync("git", ["ls-files", "--deleted"], { cwd: root, encoding: "utf8" }).split("\n");
		const files = listed.split("\n").filter((path) => /\.tsx?$/.test(path) && !removed.includes(path));
		expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(files.length);
		for (const zone of zonesThatMustExist) expect(seen.get(zone), zone).toBeGreaterThan(0);
	});

	it.each([
		["src/inbox/a.ts", 'import { z } from "../../server/db/client.ts";', "may not import server/db/client.ts"],
		["src/inbox/a.test.ts", 'import { z } from "../../server/db/client.ts";', "src imports server/db/client.ts"],
		["src/inbox/a.ts", 'import "../commands/b.ts";', "may not import src/commands/b.ts"],
		["src/commands/a.ts", 'export { z } from "../handlers/b.ts";', "may not import src/handlers/b.ts"],
		["src/contract/a.ts", 'import ky from "ky";', "may not import ky"],
		["src/contract/a.ts", 'import type { S } from "../state/b.ts";', "may not import src/state/b.ts"],
		["src/handlers/a.ts", "export const home = process.env.HOME;", "reads the environment"],
		["src/handlers/a.ts", "export const { env } = process;", "reads the environment"],
		["src/handlers/a.ts", 'import { env } from "node:process";', "reads the environment"],
		["server/routes/a.ts", 'import type { Db } from "../db/client.ts";', "may not import server/db/client.ts"],
		["server/routes/a.ts", 'const db = await import("../outbox/worker.ts");', "may not import server/outbox/worker.ts"],
		["server/pages/a.tsx", 'import { c } from "../channels/channel.ts";', "may import only types of"],
		["server/pages/a.tsx", 'import { sms } from "../channels/sms.ts";', "may not import server/channels"],
		["server/routes/a.ts", 'import { x } from "../../src/state/b.ts";', "may not import src/state/b.ts"],
		["server/domain/a.ts", 'import { Hono } from "hono";', "may not import hono"],
		["server/domain/a.ts", 'import { createRoute } from "@hono/zod-openapi";', "may not import @hono/zod-openapi"],
		["server/domain/a.ts", 'import { channel } from "../channels/channel.ts";', "may import only types of"],
		["server/domain/a.ts", 'import { env } from "../env.ts";', "may not import server/env.ts"],
		["server/domain/a.ts", 'import type Stripe from "stripe";', "belongs into channels, inbound and billing"],
		["server/pages/a.tsx", 'import twilio from "twilio/lib/rest.js";', "belongs into channels, inbound and billing"],
		["server/outbox/a.ts", 'import "../routes/b.ts";', "may not import server/routes/b.ts"],
		["server/outbox/a.ts", 'import { acceptEvent } from "../domain/accept-event.ts";', "may not import server/domain"],
		["server/channels/a.ts", 'import { sms } from "./sms.ts";', "may not import server/channels/sms.ts"],
		["server/channels/a.ts", 'import { db } from "../db/client.ts";', "may not import server/db/client.ts"],
		["server/inbound/a.ts", 'import { b } from "./b-message.ts";', "may not import server/inbound/b-message.ts"],
		["server/app.ts", 'import "./main.ts";', "imports server/main.ts"],
		["server/app.ts", 'import "../tests/helpers/b.ts";', "may not import tests/helpers/b.ts"],
		["server/app.ts", "const any = await import(name);", "an import whose target is computed"],
		["server/app.ts", 'const pg = require("../src/state.ts");', "may not import src/state.ts"],
		["server/app.test.ts", 'vi.mock("./db/client.ts");', "a module mock"],
		["server/unheard-of/a.ts", "export const a = 1;", "stands in a folder that has no import rule"],
		["tests/helpers/sms-emulator.ts", 'import "../../server/errors.ts";', "may not import server/errors.ts"],
		["tests/a.test.ts", "export const path = process.env.PATH;", "reads the environment"],
	])("catch in %s: %s", async (path, planted, problem) => {
		const { problems } = await checkImports(await plantedTree({ [path]: `\n${planted}\n` }));
		expect(problems).toEqual([expect.stringMatching(new RegExp(`^${path}:\\d+ `))]);
		expect(problems[0]).toContain(problem);
	});

	it("let pass what the table allows", async () => {
		const tree = await plantedTree({
			"src/contract/a.ts": 'import { z } from "zod";\nimport { b } from "./b.ts";',
			"src/handlers/a.ts": 'import { z } from "../contract/b.ts";\nimport { c } from "../api-client.ts";',
			"src/entry/a.ts": 'import { a } from "../handlers/a.ts";\nexport const home = process.env.HOME;',
			"server/routes/a.ts": 'import { Hono } from "hono";\nimport { verb } from "../domain/verb.ts";',
			"server/domain/a.ts":
				'import type { Channel } from "../channels/channel.ts";\nimport { db } from "../db/client.ts";',
			"server/channels/email.ts": 'import { Resend } from "resend";\nimport { retryAfter } from "./retry-after.ts";',
			"server/inbound/twilio-a.ts": 'import twilio from "twilio";\nimport { b } from "./twilio-b.ts";',
			"server/main.ts": 'import { app } from "./app.ts";\nexport const home = process.env.HOME;',
			"tests/a.test.ts": 'import { app } from "../server/app.ts";\nimport { b } from "../src/state/b.ts";',
		});
		const { seen, problems } = await checkImports(tree);
		expect(problems).toEqual([]);
		expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(10);
	});
});

const zonesThatMustExist = [
	"src/contract",
	"src/entry",
	"src/cli",
	"src/<folder>",
	"src/companion",
	"src",
	"server",
	"server/main",
	"server/routes, server/pages",
	"server/auth",
	"server/domain",
	"server/db",
	"server/outbox",
	"server/channels/index",
	"server/channels",
	"server/inbound",
	"emulators",
	"tests and scripts",
];

/** A tree that holds these files and a registry with one channel, sms. */
async function plantedTree(files: Record<string, string>): Promise<string> {
	const tree = await mkdtemp(join(tmpdir(), "claude-notify-imports-"));
	onTestFinished(() => rm(tree, { recursive: true, force: true }));
	const all = { "server/channels/index.ts": 'import { sms } from "./sms.ts";\nexport default sms;', ...files };
	for (const [path, text] of Object.entries(all)) {
		await mkdir(dirname(join(tree, path)), { recursive: true });
		await writeFile(join(tree, path), text);
	}
	return tree;
}
