import { access } from "node:fs/promises";
import { join } from "node:path";
import { gt, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sessions } from "../../server/db/schema.ts";
import { bash } from "../helpers/asking-session.ts";
import { type Loop, pluginRoot, startLoop } from "../helpers/loop.ts";
import { hold, type Reply, text, toolUse } from "../helpers/mock-model.ts";
import type { PrintResult } from "../helpers/real-client.ts";
import { until } from "../helpers/until.ts";

let loop: Loop;

beforeAll(async () => {
	loop = await startLoop({ phone: "twilio", env: { CLAUDE_NOTIFY_AUTO_START: "true" } });
	await loop.pair();
});

afterAll(() => loop[Symbol.asyncDispose]());

const asking = join(pluginRoot, "tests/fixtures/asking-plugin");
const formTool = "mcp__plugin_asking_form__ask";

/** Sessions whose companion has begun its work. */
async function monitored(): Promise<number> {
	const { lastHeartbeatAt, createdAt } = sessions;
	return (await loop.database.db.select().from(sessions).where(gt(lastHeartbeatAt, createdAt))).length;
}

/** A run without a terminal in which Claude calls the tool, once the run is monitored. */
async function run(tool: Reply, end: string): Promise<{ result: Promise<PrintResult> }> {
	const before = await monitored();
	const held = hold(tool);
	loop.model.next(held, text(end));
	const args = ["--allowedTools", formTool];
	const result = loop.print("go", { args, pluginDirs: [pluginRoot, asking] });
	await until(
		async () => (await monitored()) > before,
		20_000,
		() => "the run was never monitored",
	);
	held.release();
	return { result };
}

/** The letter in the message that asks. */
async function handleIn(pattern: RegExp): Promise<string> {
	return /\((\w{1,2})\)/.exec(await loop.phone.waitFor(pattern, 20_000))?.[1] ?? "";
}

const lastResult = () => loop.model.requests.at(-1)?.toolResults.at(-1);
const made = (name: string) =>
	access(join(loop.home.cwd, name)).then(
		() => true,
		() => false,
	);

describe("a run without a terminal (claude -p)", () => {
	it("waits for the phone's leave and goes on with it (row 133)", async () => {
		const { result } = await run(bash("mkdir allowed"), "allowed-done");
		const handle = await handleIn(/mkdir allowed/);
		expect(await made("allowed")).toBe(false);
		await loop.phone.reply(`${handle} y`);
		expect(await result).toMatchObject({ code: 0, stdout: "allowed-done\n" });
		expect(await made("allowed")).toBe(true);
	});

	it("goes on without it when the phone says no, with the reason (row 134)", async () => {
		const { result } = await run(bash("mkdir denied"), "denied-done");
		const handle = await handleIn(/mkdir denied/);
		await loop.phone.reply(`${handle} n, not here`);
		expect(await result).toMatchObject({ code: 0, stdout: "denied-done\n" });
		expect(lastResult()).toMatchObject({ isError: true, text: expect.stringContaining("not here") });
		expect(await made("denied")).toBe(false);
	});

	it("goes on without it when nobody answers in time: nothing is allowed by itself (row 133)", async () => {
		const { result } = await run(bash("mkdir silent"), "silent-done");
		await handleIn(/mkdir silent/);
		await loop.database.db.execute(
			sql`update approvals set expires_at = now() - interval '1 second' where state = 'open'`,
		);
		expect(await result).toMatchObject({ code: 0, stdout: "silent-done\n" });
		expect(lastResult()).toMatchObject({ isError: true });
		expect(await made("silent")).toBe(false);
	});

	it("lets the phone fill in what an MCP server asks for", async () => {
		const { result } = await run(toolUse(formTool, {}), "billed-done");
		const handle = await handleIn(/Whom shall I bill/);
		await loop.phone.reply(`${handle} #1 Ann's Diner`);
		await loop.phone.waitFor(/question 2 of 2: Seats/);
		await loop.phone.reply(`${handle} #1 3`);
		expect(await result).toMatchObject({ code: 0, stdout: "billed-done\n" });
		expect(JSON.parse(lastResult()?.text ?? "")).toEqual({
			action: "accept",
			content: { customer: "Ann's Diner", seats: 3 },
		});
		expect(loop.violations).toEqual([]);
	});
});
