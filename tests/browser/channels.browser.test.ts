import { sql } from "drizzle-orm";
import type { Browser, Page } from "playwright-core";
import QRCode from "qrcode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { rowsOf } from "../../server/db/client.ts";
import { tokens } from "../../src/contract/auth.ts";
import { openBrowser, openPage, screenshot, viewports } from "../helpers/browser.ts";
import { CallbackListener } from "../helpers/callback-listener.ts";
import { databases, type TestDatabase } from "../helpers/database.ts";
import { codeIn, fingerprintOf, freshNumber, post } from "../helpers/login.ts";
import { startTelegramServer, type TelegramServer } from "../helpers/telegram-reply-server.ts";

const schemes = ["light", "dark"] as const;
const looks = viewports.flatMap((viewport) => schemes.map((colorScheme) => ({ viewport, colorScheme })));

/** What a camera sees: each square of the picture, dark or not. */
const squares = `(async () => {
	const svg = document.querySelector(".qr svg");
	const size = Number(svg.getAttribute("viewBox").split(" ")[2]);
	const image = new Image();
	image.src = "data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(svg));
	await image.decode();
	const canvas = document.createElement("canvas");
	canvas.width = canvas.height = size * 4;
	const context = canvas.getContext("2d");
	context.drawImage(image, 0, 0, size * 4, size * 4);
	const dark = [];
	for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) {
		const [red, , , alpha] = context.getImageData(x * 4 + 2, y * 4 + 2, 1, 1).data;
		dark.push(alpha > 128 && red < 128);
	}
	return { size, dark };
})()`;

describe("the channels on the pairing page in Chromium", () => {
	let browser: Browser;
	let database: TestDatabase;
	/** Telegram is real (an emulator), the others are simulated. */
	let rig: TelegramServer;

	beforeAll(async () => {
		[browser, database] = await Promise.all([openBrowser(), databases[0].open()]);
		rig = await startTelegramServer({ database, mode: "polling" });
	});
	afterAll(async () => {
		await browser.close();
		await rig[Symbol.asyncDispose]();
		await database.close();
	});

	const choose = (page: Page, title: string) => page.locator(".channels label").filter({ hasText: title }).click();
	const typed = (page: Page) =>
		page.locator("input[type=text], input[type=tel], input[type=email]").filter({ visible: true });
	const button = (page: Page) => page.getByRole("button", { name: "Continue" });
	const shows = async (page: Page, words: string) =>
		(await page.getByText(words).filter({ visible: true }).count()) > 0;

	async function toTelegram(page: Page, listener: CallbackListener): Promise<string> {
		await page.goto(listener.loginUrl(rig.server.url));
		await choose(page, "Telegram");
		await page.getByRole("checkbox").check();
		await button(page).click();
		await page.getByRole("heading", { name: "Open Telegram and press Start" }).waitFor();
		return (await page.getByRole("link", { name: "Open in Telegram" }).getAttribute("href")) ?? "";
	}

	async function typeCode(page: Page, code: string): Promise<void> {
		await page.getByLabel("Code", { exact: true }).fill(code);
		await page.getByRole("button", { name: "Connect this computer" }).click();
	}

	async function tries(): Promise<number> {
		const latest = sql`select tries from pairings order by created_at desc limit 1`;
		return (await rowsOf(database.db, z.object({ tries: z.int() }), latest))[0]?.tries ?? -1;
	}

	describe.each(looks)("at $viewport.width x $viewport.height in the $colorScheme", ({ viewport, colorScheme }) => {
		const name = `${viewport.name}-${colorScheme}`;

		it("show the chosen one's field, keyboard and consent, and no other's", async () => {
			await using listener = await new CallbackListener().listen();
			await using opened = await openPage(browser, { viewport, colorScheme });
			const { page, problems } = opened;
			await page.goto(listener.loginUrl(rig.server.url));
			expect(await typed(page).getAttribute("type")).toBe("tel");
			expect(await shows(page, "message and data rates may apply")).toBe(true);
			await screenshot(page, `channels-1-sms-${name}`);
			await choose(page, "E-mail");
			expect(await typed(page).getAttribute("type")).toBe("email");
			expect(await shows(page, "data rates")).toBe(false);
			await page.getByLabel("E-mail address").waitFor();
			await screenshot(page, `channels-2-email-${name}`);
			await choose(page, "Telegram");
			expect(await typed(page).count()).toBe(0);
			expect(await shows(page, "No number needed")).toBe(true);
			expect(await shows(page, "Send /stop to the bot")).toBe(true);
			// Telegram has a provider here, so nothing is said of a simulator.
			expect(await shows(page, "phone simulator")).toBe(false);
			await screenshot(page, `channels-3-telegram-${name}`);
			expect(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")).toBeLessThanOrEqual(0);
			expect(problems).toEqual([]);
		});

		it("lead by link and QR code to Telegram and back with its code; a code before the link is not counted (rows 4, 101)", async () => {
			await using listener = await new CallbackListener().listen();
			await using opened = await openPage(browser, { viewport, colorScheme });
			const { page, problems } = opened;
			const link = await toTelegram(page, listener);
			expect(link).toMatch(/^https:\/\/t\.me\/claude_notify_bot\?start=[\w-]{32}$/);
			await screenshot(page, `channels-4-link-${name}`);
			const seen = await page.evaluate<{ size: number; dark: boolean[] }>(squares);
			const { modules } = QRCode.create(link, { errorCorrectionLevel: "M" });
			const inner = seen.dark.filter((_, at) => {
				const [x, y] = [at % seen.size, Math.floor(at / seen.size)];
				return x >= 4 && y >= 4 && x < seen.size - 4 && y < seen.size - 4;
			});
			expect(inner).toEqual(Array.from(modules.data, Boolean));

			await typeCode(page, "123456");
			expect(await page.getByRole("alert").textContent()).toContain("Open the link first");
			expect(await page.getByRole("link", { name: "Open in Telegram" }).getAttribute("href")).toBe(link);
			await screenshot(page, `channels-5-too-early-${name}`);
			expect(await tries()).toBe(0);

			const ann = rig.telegram.person({ firstName: "Ann" });
			await ann.start(new URL(link).searchParams.get("start") ?? "");
			const message = await rig.telegram.waitForMessage(({ chatId, text }) => chatId === ann.id && /\d{6}/.test(text));
			const code = codeIn(message.text);
			await typeCode(page, code === "000000" ? "000001" : "000000");
			await page.getByRole("heading", { name: "Type the code here" }).waitFor();
			expect(await page.locator("#code-hint").textContent()).toMatch(/went to Ann .* by Telegram/);
			expect(await tries()).toBe(1);
			await screenshot(page, `channels-6-wrong-${name}`);
			await typeCode(page, code);
			await page.waitForURL(`${listener.callbackUri}?**`);
			const answer = await post(rig.server.url, "/auth/exchange", {
				temp_token: listener.calls[0]?.searchParams.get("temp_token"),
				code_verifier: listener.verifier,
				device: { name: "laptop", fingerprint: fingerprintOf("laptop") },
			});
			expect(tokens.parse(answer.body).channel_title).toBe("Telegram");
			expect(problems).toEqual([]);
			expect(rig.telegram.violations).toEqual([]);
		});
	});

	it("say what is wrong beside the chosen one's field, and keep the choice", async () => {
		await using listener = await new CallbackListener().listen();
		await using opened = await openPage(browser);
		const { page, problems } = opened;
		await page.goto(listener.loginUrl(rig.server.url));
		await choose(page, "E-mail");
		await page.getByRole("checkbox").check();
		await button(page).click();
		expect(await page.getByRole("alert").textContent()).toContain("me@example.com");
		expect(await typed(page).getAttribute("type")).toBe("email");
		expect(await typed(page).getAttribute("aria-invalid")).toBe("true");
		await screenshot(page, "channels-7-problem-phone");
		expect(problems).toEqual([]);
	});

	it("take the chosen one's address, whatever stands in the others' fields", async () => {
		await using listener = await new CallbackListener().listen();
		await using opened = await openPage(browser);
		const { page } = opened;
		await page.goto(listener.loginUrl(rig.server.url));
		await page.getByLabel("Phone number").fill(freshNumber());
		await choose(page, "E-mail");
		await page.getByLabel("E-mail address").fill("ada@example.com");
		await page.getByRole("checkbox").check();
		await button(page).click();
		expect(await page.locator("#code-hint").textContent()).toContain("a***@example.com by E-mail");
	});

	it("are chosen with the keyboard alone", async () => {
		await using listener = await new CallbackListener().listen();
		await using opened = await openPage(browser);
		const { page } = opened;
		await page.goto(listener.loginUrl(rig.server.url));
		await page.locator("#channel-sms").focus();
		await page.keyboard.press("ArrowRight");
		expect(await page.locator("#channel-telegram").isChecked()).toBe(true);
		expect(await typed(page).count()).toBe(0);
		await page.keyboard.press("Tab");
		await page.keyboard.press("Space");
		await page.keyboard.press("Tab");
		await page.keyboard.press("Enter");
		await page.getByRole("heading", { name: "Open Telegram and press Start" }).waitFor();
	});
});
