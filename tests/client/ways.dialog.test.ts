import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { startLoop } from "../helpers/loop.ts";
import { hold, text, toolUse } from "../helpers/mock-model.ts";
import { finishTurn, said, startMonitored } from "../helpers/monitored.ts";
import { inboxStatesOf } from "../helpers/stored.ts";
import { until } from "../helpers/until.ts";

describe("a reply", () => {
	it("that comes while a permission dialog is open answers nothing; Claude reads it after the person's own answer", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "dialog");
		loop.model.next(toolUse("Bash", { command: "touch made-by-claude", description: "x" }), text("went on"));
		await tui.type("make the file");
		await tui.waitForScreen(/❯ 1\. /);
		await loop.phone.reply("and then write the test for it");
		await until(
			async () => (await inboxStatesOf(loop.database.db))[0] === "delivered",
			15_000,
			async () => `the inbox is ${await inboxStatesOf(loop.database.db)}`,
		);
		expect(await tui.screen()).toMatch(/❯ 1\. /);
		expect(loop.model.requests.some(said("write the test for it"))).toBe(false);
		expect(await readdir(loop.home.cwd)).toEqual([]);
		await tui.answerDialog();
		const request = await loop.model.waitForRequest(said("write the test for it"), 20_000);
		expect(request.allText).toContain("make the file");
		await loop.phone.waitFor(/Claude has read your reply/);
		expect(loop.model.requests.filter(said("write the test for it"))).toHaveLength(1);
		expect(await readdir(loop.home.cwd)).toEqual(["made-by-claude"]);
	});

	it("that comes while the session is being compacted is read afterwards, once", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "compacting");
		await finishTurn(loop, tui);
		const before = loop.model.requests.length;
		const summary = hold(text("<summary>they began</summary>"));
		loop.model.next(summary);
		await tui.type("/compact");
		await until(
			() => loop.model.requests.length > before,
			15_000,
			() => "nothing was compacted",
		);
		await loop.phone.reply("go on with step two");
		await until(
			async () => (await inboxStatesOf(loop.database.db))[0] !== "queued",
			15_000,
			() => "never leased",
		);
		summary.release();
		await loop.model.waitForRequest(said("go on with step two"), 30_000);
		await loop.phone.waitFor(/Claude has read your reply/);
		expect(loop.model.requests.filter(said("go on with step two"))).toHaveLength(1);
	});
});
