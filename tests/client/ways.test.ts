import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { asc } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { inbox } from "../../server/db/schema.ts";
import { type Loop, startLoop } from "../helpers/loop.ts";
import { hold, text, toolUse } from "../helpers/mock-model.ts";
import { finishTurn, said, startMonitored } from "../helpers/monitored.ts";
import type { Tui } from "../helpers/real-client.ts";
import { until } from "../helpers/until.ts";

const run = promisify(execFile);

/** The switch by which the client itself binds no inbox socket, as on Bedrock and Vertex. */
const noSocket = { CLAUDE_CODE_HARBOR_KITE: "0" };

/** State and way of each reply, in order. */
async function becameOf(loop: Loop): Promise<string[]> {
	const rows = await loop.database.db
		.select({ state: inbox.state, via: inbox.via })
		.from(inbox)
		.orderBy(asc(inbox.seq));
	return rows.map(({ state, via }) => `${state} via ${via}`);
}

const became = (loop: Loop, expected: string[]) =>
	until(
		async () => JSON.stringify(await becameOf(loop)) === JSON.stringify(expected),
		20_000,
		async () => `the replies are ${await becameOf(loop)}`,
	);

/** The processes of our Stop hook that wait for this client. */
async function waiters({ pid }: Tui): Promise<number[]> {
	const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid=,args="]);
	const rows = stdout.split("\n").map((line) => line.trim().split(/\s+/));
	return rows.flatMap(([own, parent, ...args]) =>
		Number(parent) === pid && args.some((arg) => arg.endsWith("rewake.mjs")) ? [Number(own)] : [],
	);
}

const oneWaiter = (tui: Tui) =>
	until(
		async () => (await waiters(tui)).length === 1,
		10_000,
		async () => `${(await waiters(tui)).length} hooks wait`,
	);

/** What the vendor's server would say of channels, as the client keeps it. */
async function letChannelsLoad({ home }: Loop): Promise<void> {
	const path = join(home.configDir, ".claude.json");
	const flags = { tengu_harbor: true, tengu_harbor_ledger: [{ marketplace: "inline", plugin: "notify" }] };
	const config = JSON.parse(await readFile(path, "utf8"));
	await writeFile(path, JSON.stringify({ ...config, cachedFeatureFlags: flags, cachedGrowthBookFeatures: flags }));
}

describe("a reply to a session without an inbox socket", () => {
	it("wakes it when it is idle: only a pointer is typed, each reply goes in once and in order, and one hook waits at a time (rows 132, 158, 162)", {
		timeout: 180_000,
	}, async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "no socket", { env: noSocket });
		await finishTurn(loop, tui);
		for (const prompt of ["two", "three"]) {
			await tui.type(prompt);
			await loop.model.waitForRequest(({ userText }) => userText === prompt);
		}
		await oneWaiter(tui);
		await tui.type("/notify-status");
		await tui.waitForScreen(/Replies: when Claude is idle/);
		await loop.phone.reply("run the tests again");
		const request = await loop.model.waitForRequest(said("run the tests again"));
		expect(request.context).toContain("> run the tests again");
		expect(request.context).toContain("+1***0123");
		expect(request.newText.split("run the tests again")).toHaveLength(2);
		const typed = request.newText.slice(0, request.newText.indexOf("Your user replied from"));
		expect(typed).toContain("[replies from your phone]");
		expect(typed).not.toContain("run the tests");
		await loop.phone.waitFor(/Claude has read your reply/);
		await oneWaiter(tui);
		// The same words again, and more behind them.
		await loop.phone.reply("run the tests again");
		await loop.phone.reply("then lint");
		await loop.model.waitForRequest(said("then lint"));
		await became(loop, ["seen via rewake", "seen via rewake", "seen via rewake"]);
		const told = loop.model.requests.map(({ newText }) => newText).join("\n");
		expect(told.split("> run the tests again")).toHaveLength(3);
		expect(told.split("> then lint")).toHaveLength(2);
		expect(told.lastIndexOf("> run the tests again")).toBeLessThan(told.indexOf("> then lint"));
		await oneWaiter(tui);
		const left = await waiters(tui);
		tui.kill("SIGKILL");
		await tui.waitForExit();
		await until(
			() => left.every((pid) => !isThere(pid)),
			10_000,
			() => "the hook outlives its client",
		);
	});

	it("is told to it after a tool call while it is busy (row 152)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "busy", { env: noSocket, args: ["--allowedTools", "Bash"] });
		const command = "until [ -e go ]; do sleep 0.1; done";
		const held = hold(text("went on"));
		loop.model.next(toolUse("Bash", { command, description: "x" }), held);
		await tui.type("wait for the file");
		await loop.model.waitForRequest(({ userText }) => userText === "wait for the file");
		await loop.phone.reply("use the staging database");
		await until(
			async () => (await becameOf(loop)).length === 1 && !(await becameOf(loop))[0]?.startsWith("queued"),
			10_000,
			() => "never leased",
		);
		await writeFile(join(loop.home.cwd, "go"), "");
		const request = await loop.model.waitForRequest(({ toolResults }) => toolResults.length === 1);
		expect(request.newText).toContain("> use the staging database");
		await became(loop, ["seen via prompt"]);
		held.release();
	});
});

describe("claude -p without an inbox socket", () => {
	it("ends with its turn: no hook of ours waits there", async () => {
		const options = { "notify@inline": { options: { auto_start: true } } };
		await using loop = await startLoop({ settings: { pluginConfigs: options } });
		await loop.pair();
		const { code, stdout } = await loop.print("hello", { env: noSocket });
		expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
		await loop.phone.waitFor(/Completed successfully!/);
	});
});

describe("a reply to a session whose settings refuse messages", () => {
	it("is noticed by its silence, then goes by the other ways (rows 132, 153)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		const refusing = ["--settings", JSON.stringify({ crossSessionInbound: "refuse" })];
		await using tui = await startMonitored(loop, "refused", { args: refusing });
		await finishTurn(loop, tui);
		await loop.phone.reply("look at the log");
		await until(
			async () => {
				await tui.type("/notify-status");
				return /Replies: when Claude is idle/.test(await tui.waitForScreen(/Server: http/));
			},
			20_000,
			() => "the refusal was never noticed",
		);
		await tui.type("anything new?");
		const first = await loop.model.waitForRequest(({ userText }) => userText.includes("anything new?"));
		expect(first.context).toContain("> look at the log");
		await oneWaiter(tui);
		await loop.phone.reply("and at the queue");
		await loop.model.waitForRequest(said("> and at the queue"));
		await became(loop, ["seen via prompt", "seen via rewake"]);
	});

	it("comes as an event of the channel where the session has loaded it (row 121)", async () => {
		await using loop = await startLoop({ settings: { crossSessionInbound: "refuse" } });
		await loop.pair();
		await letChannelsLoad(loop);
		await using tui = await startMonitored(loop, "channel", {
			args: ["--channels", "plugin:notify@inline"],
			// The flags of channels are read only where the client may send telemetry: it gets no further than this machine.
			env: {
				CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "",
				DISABLE_ERROR_REPORTING: "1",
				HTTPS_PROXY: "http://127.0.0.1:9",
				NO_PROXY: "127.0.0.1",
			},
		});
		await finishTurn(loop, tui);
		await tui.type("/notify-status");
		await tui.waitForScreen(/Replies: at once, through the channel/);
		await loop.phone.reply("run the tests again");
		const request = await loop.model.waitForRequest(said("run the tests again"));
		expect(request.newText).toMatch(/<channel source="plugin:notify:companion"[^>]*>\s*run the tests again/);
		expect(request.context).toContain("came from your user's own phone");
		await became(loop, ["seen via channel"]);
		await loop.phone.waitFor(/Claude has read your reply/);
		expect(loop.model.requests.filter(said("run the tests again"))).toHaveLength(1);
	});
});

function isThere(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}
