import { execFile } from "node:child_process";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { clientEnv, createClientHome } from "./helpers/client-home.ts";
import { ensureClient } from "./helpers/client-install.ts";
import { buildInto } from "./helpers/companion-process.ts";
import { startMockModel } from "./helpers/mock-model.ts";
import { nodeDir } from "./helpers/processes.ts";
import { runPrint } from "./helpers/real-client.ts";

const run = promisify(execFile);

it("install --apply alone gives the next session its companion, from a copy that outlives the checkout; uninstall ends it (rows 25, 27)", async () => {
	const client = await ensureClient();
	await using model = await startMockModel();
	const home = await createClientHome();
	onTestFinished(() => home[Symbol.asyncDispose]());
	const checkout = await buildInto(join(home.home, "checkout"));
	const env = clientEnv(home, model.url, { nodeDir: await nodeDir(24) });
	const notify = (script: string, ...words: string[]) => run("node", [script, ...words], { env });
	const settings = join(home.configDir, "settings.json");
	await writeFile(settings, '{\n  "model": "sonnet"\n}\n');
	await notify(join(checkout, "cli.cjs"), "install", "--apply");
	await rename(checkout, `${checkout}-moved`);
	const stable = join(home.home, ".local/share/claude-notify/plugin");
	for (let session = 0; session < 2; session++) {
		expect(await runPrint("hello", { model, home })).toMatchObject({ code: 0, stdout: "done\n" });
		expect(model.requests.at(-1)?.tools).toContain("mcp__plugin_notify_companion__get_replies");
	}
	const list = async () => JSON.parse((await run(client, ["plugin", "list", "--json"], { cwd: home.cwd, env })).stdout);
	const expected = { id: "notify@claude-notify-local", enabled: true, readFromFolder: stable };
	expect(await list()).toEqual([expect.objectContaining(expected)]);
	await notify(join(stable, "cli.cjs"), "uninstall", "--apply");
	const left = JSON.parse(await readFile(settings, "utf8"));
	expect([left.model, left.enabledPlugins, left.extraKnownMarketplaces]).toEqual(["sonnet", undefined, undefined]);
	expect(await runPrint("hello", { model, home })).toMatchObject({ code: 0, stdout: "done\n", stderr: "" });
	expect(model.requests.at(-1)?.tools.filter((tool) => tool.includes("notify"))).toEqual([]);
	expect((await list()).filter(({ enabled }: { enabled: boolean }) => enabled)).toEqual([]);
});
