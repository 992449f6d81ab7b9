import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AskingSession, askingSession } from "../helpers/asking-session.ts";
import { telegramPhone } from "../helpers/loop-phones.ts";
import { toolUse } from "../helpers/mock-model.ts";
import type { TelegramPhone } from "../helpers/telegram-phone.ts";

let s: AskingSession;
let phone: TelegramPhone;

beforeAll(async () => {
	const telegram = await telegramPhone();
	phone = telegram.phone;
	s = await askingSession({ phone: telegram });
});

afterAll(() => s[Symbol.asyncDispose]());

const color = {
	question: "Which color?",
	header: "Color",
	multiSelect: false,
	options: [
		{ label: "Red", description: "warm" },
		{ label: "Blue", description: "cold" },
	],
};
const sizes = {
	question: "Which sizes?",
	header: "Sizes",
	multiSelect: true,
	options: [
		{ label: "Small", description: "s" },
		{ label: "Large", description: "l" },
	],
};
const ask = (...questions: object[]) => [toolUse("AskUserQuestion", { questions })];

describe("what Claude asks, on Telegram", () => {
	it("is answered by pressing an option (row 134)", async () => {
		await s.call(ask(color), "blue-done");
		const { messageId } = await phone.message(/Which color/);
		await phone.person.press(messageId, "Blue");
		expect(await s.resultsBefore("blue-done")).toMatchObject([
			{ isError: false, text: expect.stringContaining('"Which color?"="Blue"') },
		]);
	});

	it("is answered in the person's own words", async () => {
		await s.call(ask({ ...color, question: "Which paint?" }), "teal-done");
		const { messageId } = await phone.message(/Which paint/);
		await phone.person.send("make it teal, from my phone", { replyTo: messageId });
		expect(await s.resultsBefore("teal-done")).toMatchObject([
			{ isError: false, text: expect.stringContaining("make it teal, from my phone") },
		]);
	});

	it("as a form of several questions is answered in one line", async () => {
		await s.call(ask({ ...color, question: "Which ink?" }, sizes), "form-done");
		await phone.message(/Which ink/);
		await phone.reply(`${s.handle} 1:2 2:1,2`);
		const [result] = await s.resultsBefore("form-done");
		expect(result?.text).toContain('"Which ink?"="Blue"');
		expect(result?.text).toContain('"Which sizes?"="Small, Large"');
	});

	it("is taken back when the terminal answers first (row 134)", async () => {
		await s.call(ask({ ...color, question: "Which pen?" }), "pen-done");
		await phone.message(/Which pen/);
		await s.tui.answerDialog();
		expect(await s.resultsBefore("pen-done")).toMatchObject([{ text: expect.stringContaining('"Which pen?"="Red"') }]);
		await s.newText(/answered at the terminal/);
	});

	it("asks for leave with buttons, too (row 134)", async () => {
		await s.askFor("mkdir pressed", "pressed-done");
		const { messageId } = await phone.message(/mkdir pressed/);
		await phone.person.press(messageId, "Allow");
		expect(await s.resultsBefore("pressed-done")).toMatchObject([{ isError: false }]);
		expect(await s.made("pressed")).toBe(true);
		expect(s.loop.violations).toEqual([]);
	});
});
