import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { quickHeartbeat, startLoop } from "../helpers/loop.ts";
import { hold, text, toolUse } from "../helpers/mock-model.ts";
import { finishTurn, said, startMonitored } from "../helpers/monitored.ts";
import { inboxStatesOf } from "../helpers/stored.ts";
import { until } from "../helpers/until.ts";

describe.each(["simulator", "twilio"] as const)("a reply from a phone on %s", (kind) => {
	it("wakes an idle session with its text, tells the session who wrote it, and the phone that it was seen (row 121)", async () => {
		await using loop = await startLoop({ phone: kind });
		await loop.pair();
		await using tui = await startMonitored(loop, "api");
		await finishTurn(loop, tui);
		await loop.phone.reply("run the tests again");
		const request = await loop.model.waitForRequest(said("run the tests again"));
		expect(request.context).toContain("+1***0123");
		expect(request.context).toMatch(/permission/i);
		await loop.phone.waitFor(/Claude has read your reply/);
		expect(await inboxStatesOf(loop.database.db)).toEqual(["seen"]);
		expect(loop.model.requests.filter(said("run the tests again"))).toHaveLength(1);
	});
});

describe("a reply", () => {
	it("that comes while a tool runs is read after the tool", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "busy", { args: ["--allowedTools", "Bash"] });
		await finishTurn(loop, tui);
		const command = "until [ -e go ]; do sleep 0.1; done";
		loop.model.next(toolUse("Bash", { command, description: "x" }), text("went on"));
		await tui.type("wait for the file");
		await loop.model.waitForRequest(({ userText }) => userText === "wait for the file");
		await loop.phone.reply("use the staging database");
		await until(
			async () => (await inboxStatesOf(loop.database.db))[0] === "delivered",
			10_000,
			async () => `the inbox is ${await inboxStatesOf(loop.database.db)}`,
		);
		expect(loop.model.requests.some(said("use the staging database"))).toBe(false);
		await writeFile(join(loop.home.cwd, "go"), "");
		const request = await loop.model.waitForRequest(said("use the staging database"));
		expect(request.toolResults).toHaveLength(1);
		await loop.phone.waitFor(/Claude has read your reply/);
		expect(loop.model.requests.filter(said("use the staging database"))).toHaveLength(1);
	});

	it("waits for a session that was killed and comes in when the session is resumed (row 66)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		const first = await startMonitored(loop, "resumed", { env: quickHeartbeat });
		await finishTurn(loop, first);
		const id = await first.sessionId();
		first.kill("SIGKILL");
		await first.waitForExit();
		await loop.phone.waitFor(/lost/i);
		await loop.phone.reply("go on with step two");
		await loop.phone.waitFor(/waits|queued/i);
		await first[Symbol.asyncDispose]();
		await using again = await loop.tui({ resume: id });
		await again.waitForScreen(/❯/);
		const arrived = loop.model.requests.some(said("go on with step two"));
		if (!arrived) await again.type("what now");
		const request = await loop.model.waitForRequest(said("go on with step two"));
		expect(request.sessionId).toBe(id);
		await loop.phone.waitFor(/Claude has read your reply/);
		expect(loop.model.requests.filter(said("go on with step two"))).toHaveLength(1);
	});

	it("finds its session by handle when two run side by side, and nothing of one reaches the other (rows 67, 129)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		const web = await loop.home.addProject("web");
		await using b = await startMonitored(loop, "api");
		await using c = await startMonitored(loop, "web", { cwd: web });
		await finishTurn(loop, b);
		await finishTurn(loop, c);
		const handles = await Promise.all([/"api"/, /"web"/].map((name) => loop.phone.waitFor(name)));
		const [forB = "", forC = ""] = handles.map((message) => /\((\w{1,2})\)/.exec(message)?.[1] ?? "");
		expect(forB).not.toBe(forC);
		await loop.phone.reply(`${forC} deploy the web`);
		await loop.phone.reply(`${forB.toUpperCase()}: restart the api`);
		const toWeb = await loop.model.waitForRequest(said("deploy the web"));
		const toApi = await loop.model.waitForRequest(said("restart the api"));
		expect(toWeb.sessionId).toBe(await c.sessionId());
		expect(toApi.sessionId).toBe(await b.sessionId());
		expect(toWeb.newText).not.toContain(`${forC} deploy`);
	});

	it("finds the session after /clear too, which goes on being monitored under its new id", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "cleared");
		await finishTurn(loop, tui);
		const before = await tui.sessionId();
		await tui.type("/clear");
		await until(
			async () => (await tui.sessionId()) !== before,
			5000,
			() => "/clear gave no new id",
		);
		await loop.phone.reply("start over with less");
		const request = await loop.model.waitForRequest(said("start over with less"));
		expect(request.sessionId).not.toBe(before);
		await loop.phone.waitFor(/Claude has read your reply/);
	});

	it("that is the same text twice arrives twice", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "twice");
		await finishTurn(loop, tui);
		await loop.phone.reply("yes please");
		await loop.model.waitForRequest(said("yes please"));
		await until(
			async () => (await inboxStatesOf(loop.database.db))[0] === "seen",
			10_000,
			() => "the first was never seen",
		);
		const held = hold(text("second answer"));
		loop.model.next(held);
		await loop.phone.reply("yes please");
		await until(
			() => loop.model.requests.filter(said("yes please")).length === 2,
			10_000,
			() => "the second never came",
		);
		held.release();
		await tui.waitForScreen(/● second answer/);
	});

	it("comes with the next prompt where no turn has ended yet in a session that takes no messages (row 153)", async () => {
		await using loop = await startLoop({ settings: { crossSessionInbound: "refuse" } });
		await loop.pair();
		await using tui = await startMonitored(loop, "refused");
		await loop.phone.reply("look at the log");
		await until(
			async () => {
				await tui.type("/notify-status");
				return /Replies that Claude has not seen yet: 1/.test(await tui.waitForScreen(/Server: http/));
			},
			20_000,
			() => "the reply never came",
		);
		await tui.type("anything new?");
		const request = await loop.model.waitForRequest(({ userText }) => userText.includes("anything new?"));
		expect(request.context).toContain("look at the log");
		await loop.phone.waitFor(/Claude has read your reply/);
	});
});
