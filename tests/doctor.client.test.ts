import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { openCliWorld } from "./helpers/cli-world.ts";
import { clientEnv, createClientHome } from "./helpers/client-home.ts";
import { ensureClient } from "./helpers/client-install.ts";
import { codeIn } from "./helpers/login.ts";
import { startMockModel } from "./helpers/mock-model.ts";
import { companionOf, killTree, nodeDir } from "./helpers/processes.ts";
import { runPrint, startTui } from "./helpers/real-client.ts";

const run = promisify(execFile);

it("doctor finds no fault beside a session of the real client, and then that its companion is gone", async () => {
	await using all = await openCliWorld();
	await using model = await startMockModel();
	const home = await createClientHome();
	onTestFinished(() => home[Symbol.asyncDispose]());
	const own = { CLAUDE_NOTIFY_URL: all.world.server.url.origin, CLAUDE_NOTIFY_HOME: all.cli.home };
	const env = clientEnv(home, model.url, { nodeDir: await nodeDir(24), env: own });
	const notify = (...words: string[]) => run("node", [all.cli.script, ...words], { env });
	await notify("login", "+12025550123");
	await notify("login", "--code", codeIn(all.lastText()));
	await notify("test");
	await notify("install", "--apply");
	// The client lists a plugin of its settings only once a session has loaded it.
	await runPrint("hello", { model, home, env: own });
	await using session = await startTui({ model, home, env: own });
	const client = dirname(await ensureClient());
	async function examine(): Promise<Record<string, string>> {
		const options = { env: { ...env, PATH: `${client}:${env["PATH"]}` } };
		const { stdout } = await run("node", [all.cli.script, "doctor", "--json"], options).catch((failed) => failed);
		const checks: { name: string; state: string; text: string }[] = JSON.parse(stdout).checks;
		return Object.fromEntries(checks.map(({ name, state, text }) => [name, `${state}: ${text}`]));
	}
	expect(await examine()).toEqual({
		node: expect.stringMatching(/^ok: v/),
		claude: expect.stringMatching(/^ok: \d+\.\d+\.\d+ \(Claude Code\)$/),
		plugin: expect.stringMatching(/^ok: notify@claude-notify-local \S+, enabled$/),
		companion: "ok: hooks reach it in 1 open session(s)",
		inbox: "ok: Claude Code's settings let replies in",
		server: expect.stringMatching(/^ok: /),
		clock: expect.stringMatching(/^ok: /),
		login: expect.stringMatching(/^ok: /),
		sms: expect.stringMatching(/^ok: \+1\*\*\*0123; last message /),
	});
	const companion = await companionOf(session.pid);
	if (companion === undefined) throw new Error("the session has no companion");
	await killTree(companion);
	expect((await examine())["companion"]).toBe(
		`fault: not running beside Claude Code's process ${session.pid}: its hooks do nothing`,
	);
});
