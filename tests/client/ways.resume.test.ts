import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { clientEnv } from "../helpers/client-home.ts";
import { ensureClient } from "../helpers/client-install.ts";
import { type Loop, pluginRoot, startLoop } from "../helpers/loop.ts";
import { text, toolUse } from "../helpers/mock-model.ts";
import { finishTurn, said, startMonitored } from "../helpers/monitored.ts";
import { eventTypesOf, sessionStatusesOf } from "../helpers/stored.ts";
import { until } from "../helpers/until.ts";

const run = promisify(execFile);

/** Installed as users do, so that a client that goes on with a session has it too. */
async function install({ home, model }: Loop): Promise<void> {
	const client = await ensureClient();
	const options = { cwd: home.cwd, env: clientEnv(home, model.url, {}) };
	await run(client, ["plugin", "marketplace", "add", pluginRoot], options);
	await run(client, ["plugin", "install", "notify@claude-notify"], options);
}

it("a reply to a session that was closed goes on with it by another session of the machine, and the phone gets the answer (row 135)", {
	timeout: 180_000,
}, async () => {
	await using loop = await startLoop();
	await install(loop);
	await loop.pair();
	const installed = { pluginDirs: [] };
	await using closed = await startMonitored(loop, "api", installed);
	await finishTurn(loop, closed);
	const id = await closed.sessionId();
	const handle = /\((\w{1,2})\)/.exec(await loop.phone.waitFor(/"api"/))?.[1] ?? "";
	await closed.type("/exit");
	await closed.waitForExit();
	const statuses = async () => (await sessionStatusesOf(loop.database.db)).join();
	await until(async () => (await statuses()) === "ended", 15_000, statuses);
	const web = await loop.home.addProject("web");
	await using live = await startMonitored(loop, "web", { ...installed, cwd: web });

	await loop.phone.reply(`${handle} do step two`);
	await loop.phone.waitFor(/has ended/);
	// Nobody is asked for leave there: what needs it is not done.
	loop.model.nextFor(id, toolUse("Bash", { command: "touch made-by-claude", description: "x" }));
	loop.model.nextFor(id, text("Step two is done."));
	await loop.phone.reply(`${handle} resume`);
	const request = await loop.model.waitForRequest(said("do step two"), 30_000);
	expect(request.sessionId).toBe(id);
	expect(request.allText).toContain("begin");
	const refused = await loop.model.waitForRequest(({ toolResults }) => toolResults.length === 1, 30_000);
	expect(refused.toolResults[0]).toMatchObject({ isError: true });
	await loop.phone.waitFor(/Step two is done\./, 30_000);

	expect(loop.model.requests.filter(said("do step two"))).toHaveLength(1);
	expect(await statuses()).toBe("ended,active");
	expect(await eventTypesOf(loop.database.db)).toEqual(["done"]);
	expect(await live.screen()).not.toContain("step two");
});
