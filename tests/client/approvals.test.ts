import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AskingSession, askingSession, bash } from "../helpers/asking-session.ts";

let s: AskingSession;

beforeAll(async () => {
	s = await askingSession({ phone: "twilio" });
});

afterAll(() => s[Symbol.asyncDispose]());

describe("a permission, asked by text message", () => {
	it("is given from the phone, which saw the whole command, while the dialog stays open (rows 133, 134)", async () => {
		expect(await s.askFor("mkdir one", "one-done")).toContain(s.loop.home.cwd);
		await s.tui.waitForScreen(/❯ 1\. Yes/);
		expect(await s.made("one")).toBe(false);
		await s.loop.phone.reply(`${s.handle} y`);
		expect(await s.resultsBefore("one-done")).toMatchObject([{ isError: false }]);
		expect(await s.made("one")).toBe(true);
	});

	it("is refused from the phone, and Claude gets the reason (row 134)", async () => {
		await s.askFor("mkdir two", "two-done");
		await s.loop.phone.reply(`${s.handle} n, use three instead`);
		expect(await s.resultsBefore("two-done")).toMatchObject([
			{
				isError: true,
				text: expect.stringContaining("use three instead"),
			},
		]);
		expect(await s.made("two")).toBe(false);
	});

	it("is not given by prose: only an answer to the open request counts (row 133)", async () => {
		await s.askFor("mkdir prose", "prose-done");
		await s.loop.phone.reply(`${s.handle} yes that looks good to me`);
		await s.tui.waitForScreen(/❯ 1\. Yes/);
		expect(await s.made("prose")).toBe(false);
		await s.loop.phone.reply(`${s.handle} n`);
		await s.resultsBefore("prose-done");
		await s.newText(/Claude has read your reply/);
	});

	it("to destroy something needs the code of its message (row 134)", async () => {
		const sms = await s.askFor("rm -rf one", "gone-done");
		const code = /y (\d{4})/.exec(sms)?.[1] ?? "";
		await s.loop.phone.reply(`${s.handle} y`);
		await s.newText(/four digits/);
		expect(await s.made("one")).toBe(true);
		await s.loop.phone.reply(`${s.handle} y ${code}`);
		expect(await s.resultsBefore("gone-done")).toMatchObject([{ isError: false }]);
		expect(await s.made("one")).toBe(false);
	});

	it("given for the session is not asked for again in it (row 134)", async () => {
		const sms = await s.askFor("mkdir four", "four-done");
		expect(sms).toContain(", all changes to files in its folders, by rm, mv and sed too\n");
		await s.loop.phone.reply(`${s.handle} y session`);
		expect(await s.resultsBefore("four-done")).toMatchObject([{ isError: false }]);
		const before = s.loop.phone.texts().filter((sent) => /Wants to use/.test(sent)).length;
		await s.call([bash("mkdir five")], "five-done");
		expect(await s.resultsBefore("five-done")).toMatchObject([{ isError: false }]);
		await s.call([bash("rm -r five")], "six-done");
		expect(await s.resultsBefore("six-done")).toMatchObject([{ isError: false }]);
		expect(await s.made("five")).toBe(false);
		expect(s.loop.phone.texts().filter((sent) => /Wants to use/.test(sent))).toHaveLength(before);
		expect(s.loop.violations).toEqual([]);
	});
});
