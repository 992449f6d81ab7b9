import { describe, expect, it } from "vitest";
import { startLoop } from "../helpers/loop.ts";
import { hold, text, toolUse } from "../helpers/mock-model.ts";
import { eventTypesOf, inboxStatesOf, sessionStatusesOf } from "../helpers/stored.ts";
import { until } from "../helpers/until.ts";

const tool = (name: string) => `mcp__plugin_notify_companion__${name}`;

/** Options of a plugin that is loaded with --plugin-dir. */
const withOptions = (options: Record<string, unknown>) => ({ pluginConfigs: { "notify@inline": { options } } });

describe("the companion's tools in the real client", () => {
	it("show the model get_replies and what replies are, and hide the tool of the hooks", async () => {
		await using loop = await startLoop();
		await loop.print("hello");
		const [request] = loop.model.requests;
		expect(request?.tools).toContain(tool("get_replies"));
		expect(request?.allText).toContain("was written by your own user on their verified phone");
		expect(JSON.stringify(request?.body)).not.toContain(tool("hook"));
	});

	it("let the model do nothing with the tool of the hooks, even when it names it", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await loop.tui({ args: ["--allowedTools", tool("hook")] });
		await tui.type('/notify-start "forged"');
		await tui.waitForScreen(/monitor/i);
		const session_id = await tui.sessionId();
		const forged = {
			hook_event_name: "UserPromptExpansion",
			session_id,
			command_name: "notify:stop",
			command_args: "",
		};
		loop.model.next(toolUse(tool("hook"), forged), text("tried"));
		await tui.type("stop it yourself");
		const request = await loop.model.waitForRequest(({ toolResults }) => toolResults.length === 1);
		expect(request.toolResults[0]).toMatchObject({ isError: true });
		await loop.phone.waitFor(/Completed successfully!/);
		expect(await sessionStatusesOf(loop.database.db)).toEqual(["active"]);
	});

	it("send the user a message, and say when the next one is too soon", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await loop.tui({ args: ["--allowedTools", tool("notify_user")] });
		await tui.type('/notify-start "progress"');
		await tui.waitForScreen(/monitor/i);
		const tell = (words: string) => toolUse(tool("notify_user"), { text: words });
		loop.model.next(tell("Half of the tables are done."), tell("Now three quarters."), text("all done"));
		await tui.type("keep me posted");
		await loop.phone.waitFor(/Half of the tables are done\./);
		const last = await loop.model.waitForRequest(
			({ toolResults }) => toolResults[0]?.text.includes("too soon") === true,
		);
		expect(last.toolResults[0]?.text).toMatch(/The next can be sent in \d+ min/);
		expect(loop.phone.texts().some((sent) => sent.includes("three quarters"))).toBe(false);
	});

	it("give the model a reply that stands in line behind its work, and not a second time afterwards", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await loop.tui({ args: ["--allowedTools", tool("get_replies")] });
		await tui.type('/notify-start "asked"');
		await tui.waitForScreen(/monitor/i);
		const held = hold(toolUse(tool("get_replies"), {}));
		loop.model.next(held, text("thank you"));
		await tui.type("wait for my answer from the phone");
		await loop.model.waitForRequest(({ userText }) => userText.startsWith("wait for my answer"));
		await loop.phone.reply("use the staging database");
		await until(
			async () => (await inboxStatesOf(loop.database.db))[0] === "delivered",
			10_000,
			async () => `the inbox is ${await inboxStatesOf(loop.database.db)}`,
		);
		held.release();
		const request = await loop.model.waitForRequest(({ toolResults }) => toolResults.length === 1);
		expect(request.toolResults[0]?.text).toContain("> use the staging database");
		await tui.waitForScreen(/● thank you/);
		await until(
			async () => (await inboxStatesOf(loop.database.db))[0] === "seen",
			10_000,
			() => "never seen",
		);
		await tui.type("and now");
		await loop.model.waitForRequest(({ userText }) => userText === "and now");
		const times = loop.model.requests.at(-1)?.allText.split("use the staging database").length ?? 0;
		expect(times - 1).toBe(1);
	});
});

describe("a session in the real client", () => {
	it("is monitored by itself when auto_start is on, in -p too, and ends with its client (rows 65, 230)", async () => {
		await using loop = await startLoop({ settings: withOptions({ auto_start: true }) });
		await loop.pair();
		loop.model.next(text("All 42 invoices are migrated."));
		await loop.print("migrate them");
		const done = await loop.phone.waitFor(/Completed successfully!/);
		expect(done).toContain('Claude: "project"');
		await until(
			async () => (await sessionStatusesOf(loop.database.db)).every((status) => status === "ended"),
			15_000,
			async () => String(await sessionStatusesOf(loop.database.db)),
		);
		expect((await eventTypesOf(loop.database.db)).filter((type) => type === "done")).toHaveLength(1);
	});

	it("tells the phone for which command it waits at the terminal", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await loop.tui();
		await tui.type('/notify-start "asking"');
		await tui.waitForScreen(/monitor/i);
		loop.model.next(toolUse("Bash", { command: "touch made-by-claude", description: "x" }), text("made it"));
		await tui.type("make the file");
		const asked = await loop.phone.waitFor(/touch made-by-claude/);
		expect(asked).toContain("Bash");
	});

	it("of a switched-off filter tells no failing tool (row 64)", async () => {
		await using loop = await startLoop({ settings: withOptions({ errors: "off" }) });
		await loop.pair();
		await using tui = await loop.tui({ args: ["--allowedTools", "Bash"] });
		await tui.type('/notify-start "quiet"');
		await tui.waitForScreen(/monitor/i);
		loop.model.next(toolUse("Bash", { command: "exit 3", description: "x" }), text("it fails"));
		await tui.type("try it");
		await loop.phone.waitFor(/Completed successfully!/);
		expect(await eventTypesOf(loop.database.db)).toEqual(["done"]);
	});

	it("that was not started sends nothing and shows nothing", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await loop.tui({ args: ["--allowedTools", "Bash"] });
		loop.model.next(toolUse("Bash", { command: "exit 3", description: "x" }), text("it fails"));
		await tui.type("try it");
		await tui.waitForScreen(/● it fails(?![\s\S]*esc to interrupt)/);
		expect(await tui.screen()).not.toMatch(/hook/i);
		expect(await sessionStatusesOf(loop.database.db)).toEqual([]);
	});

	it("that was killed goes on with --continue, in -p as well, without a new start (row 66)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		const first = await loop.tui();
		await first.type('/notify-start "survivor"');
		await first.waitForScreen(/monitor/i);
		await first.type("hello");
		await loop.phone.waitFor(/Completed successfully!/);
		first.kill("SIGKILL");
		await first.waitForExit();
		await first[Symbol.asyncDispose]();
		// The id in the environment of this companion is one that the client throws away.
		await loop.print("and now", { args: ["--continue"] });
		await until(
			async () => (await eventTypesOf(loop.database.db)).length === 2,
			10_000,
			async () => String(await eventTypesOf(loop.database.db)),
		);
		await until(
			async () => (await sessionStatusesOf(loop.database.db))[0] === "ended",
			15_000,
			async () => String(await sessionStatusesOf(loop.database.db)),
		);
		expect(await eventTypesOf(loop.database.db)).toEqual(["done", "done"]);
		expect(await sessionStatusesOf(loop.database.db)).toHaveLength(1);
	});

	it("that the user interrupts still takes a reply at once", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await loop.tui({ args: ["--allowedTools", "Bash"] });
		await tui.type('/notify-start "interrupted"');
		await tui.waitForScreen(/monitor/i);
		loop.model.next(toolUse("Bash", { command: "tail -f /dev/null", description: "x" }));
		await tui.type("take your time");
		await tui.waitForScreen(/tail -f/);
		await tui.press("Escape");
		await tui.waitForScreen(/Interrupted/);
		await loop.phone.reply("do the other thing");
		await loop.model.waitForRequest(({ newText }) => newText.includes("do the other thing"));
		await until(
			async () => (await inboxStatesOf(loop.database.db))[0] === "seen",
			10_000,
			async () => String(await inboxStatesOf(loop.database.db)),
		);
	});

	it("that is compacted shows nothing of us, and goes on being monitored", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await loop.tui();
		await tui.type('/notify-start "long"');
		await tui.waitForScreen(/monitor/i);
		await tui.type("hello");
		await loop.phone.waitFor(/Completed successfully!/);
		await tui.type("/compact");
		const screen = await tui.waitForScreen(/Compacted/);
		expect(screen.slice(screen.indexOf("/compact"))).not.toMatch(/hook|notify/i);
		await loop.phone.reply("go on");
		await loop.model.waitForRequest(({ newText }) => newText.includes("go on"));
	});

	it("that goes to another conversation with /resume ends the one, and monitors the other no more", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await loop.print("an older conversation");
		const older = loop.model.requests.find(({ userText }) => userText === "an older conversation")?.sessionId ?? "";
		await using tui = await loop.tui();
		await tui.type('/notify-start "first"');
		await tui.waitForScreen(/monitor/i);
		await tui.type("hello");
		await loop.phone.waitFor(/Completed successfully!/);
		await tui.type(`/resume ${older}`);
		await until(
			async () => (await sessionStatusesOf(loop.database.db))[0] === "ended",
			15_000,
			async () => String(await sessionStatusesOf(loop.database.db)),
		);
		await tui.type("/notify-status");
		await tui.waitForScreen(/Monitoring: inactive/);
		expect(await eventTypesOf(loop.database.db)).toEqual(["done"]);
	});
});
