import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AskingSession, askingSession } from "../helpers/asking-session.ts";
import { toolUse } from "../helpers/mock-model.ts";

let s: AskingSession;
/** Where the client wants Claude's plan. */
let file: string;

beforeAll(async () => {
	s = await askingSession({ phone: "twilio" }, { args: ["--permission-mode", "plan"] });
	const [first] = s.loop.model.requests;
	file = /\/\S*plans\/\S+?\.md/.exec(first?.allText ?? "")?.[0] ?? "";
});

afterAll(() => s[Symbol.asyncDispose]());

/** Claude writes its plan down and wants to begin. */
async function present(plan: string, end: string): Promise<string> {
	s.loop.model.next(toolUse("Write", { file_path: file, content: plan }));
	await s.call([toolUse("ExitPlanMode", {})], end);
	return s.newText(/Has a plan/);
}

describe("a plan, read on the phone", () => {
	it("is sent back with what to change, and Claude goes on planning (row 134)", async () => {
		expect(await present("1. drop the old table", "again-done")).toContain("drop the old table");
		await s.loop.phone.reply(`${s.handle} n, keep the old table`);
		expect(await s.resultsBefore("again-done")).toMatchObject([
			{ isError: true, text: expect.stringContaining("keep the old table") },
		]);
		await s.tui.waitForScreen(/plan mode on/);
	});

	it("is approved, and each edit is asked for from then on (row 134)", async () => {
		await present("1. rename the old table", "go-done");
		await s.loop.phone.reply(`${s.handle} y`);
		expect(await s.resultsBefore("go-done")).toMatchObject([
			{ isError: false, text: expect.stringContaining("approved your plan") },
		]);
		await s.tui.waitForScreen(/manual mode on/);
		expect(s.loop.violations).toEqual([]);
	});
});
