import { describe, expect, it } from "vitest";
import { startLoop } from "../helpers/loop.ts";
import { text, toolUse } from "../helpers/mock-model.ts";
import { startMonitored } from "../helpers/monitored.ts";

const tool = "mcp__plugin_notify_companion__ask_user";

describe("ask_user in the real client", () => {
	it("puts Claude's question on the phone, and its answer into the tool's result; Esc takes a question back (row 136)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "asking", { args: ["--allowedTools", tool] });
		loop.model.next(toolUse(tool, { question: "Which colour?", options: ["red", "blue"] }), text("blue it is"));
		await tui.type("choose a colour with me");
		const asked = await loop.phone.waitFor(/Which colour\?/);
		const handle = /\((\w{1,2})\)/.exec(asked)?.[1] ?? "";
		expect(asked).toMatch(/blue/);
		await loop.phone.reply(`${handle} 2`);
		const answer = await loop.model.waitForRequest(({ toolResults }) => toolResults.length === 1);
		expect(answer.toolResults[0]).toMatchObject({ isError: false });
		expect(answer.toolResults[0]?.text).toContain("> blue");
		await tui.waitForScreen(/● blue it is/);

		loop.model.next(toolUse(tool, { question: "And which size?" }));
		await tui.type("now the size");
		await loop.phone.waitFor(/And which size\?/);
		await tui.press("Escape");
		await tui.waitForScreen(/Interrupted/);
		await loop.phone.waitFor(/no answer is needed any more/);
	});

	it("comes back when nobody answers in time (row 136)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "asking", { args: ["--allowedTools", tool] });
		loop.model.next(toolUse(tool, { question: "Still there?", timeout_seconds: 10 }), text("went on alone"));
		await tui.type("ask whether I am there");
		const request = await loop.model.waitForRequest(({ toolResults }) => toolResults.length === 1, 30_000);
		expect(request.toolResults[0]?.text).toContain("No answer from the phone within 10 seconds");
	});
});
