import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tokens } from "../../src/contract/auth.ts";
import { type AuthServer, startAuthServer } from "../helpers/auth-server.ts";
import { openBrowser, openPage, screenshot, viewports } from "../helpers/browser.ts";
import { CallbackListener } from "../helpers/callback-listener.ts";
import { databases, type TestDatabase, travel } from "../helpers/database.ts";
import { codeIn, fingerprintOf, freshNumber, post, wrongCode } from "../helpers/login.ts";
import { startTwilioEmulator, type TwilioEmulator } from "../helpers/twilio-emulator.ts";

describe("the pairing page in Chromium", () => {
	let browser: Browser;
	let database: TestDatabase;
	let twilio: TwilioEmulator;
	let server: AuthServer;
	let simulated: AuthServer;

	beforeAll(async () => {
		const postgres = databases.find(({ name }) => name === "PGlite");
		if (postgres === undefined) throw new Error("there is no such database");
		[browser, database, twilio] = await Promise.all([
			openBrowser(),
			postgres.open(),
			startTwilioEmulator({ callbacks: "manual" }),
		]);
		server = await startAuthServer({ database, twilio });
		simulated = await startAuthServer({ database });
	});
	afterAll(async () => {
		await browser.close();
		await server[Symbol.asyncDispose]();
		await simulated[Symbol.asyncDispose]();
		await twilio[Symbol.asyncDispose]();
		await database.close();
	});

	const lastCode = (number: string) => codeIn(twilio.sent.findLast(({ to }) => to === number)?.body ?? "");
	const problem = (page: Page) => page.getByRole("alert").textContent();

	async function sendCode(page: Page, listener: CallbackListener, number: string): Promise<void> {
		await page.goto(listener.loginUrl(server.url));
		await submitNumber(page, number);
	}

	async function submitNumber(page: Page, number: string): Promise<void> {
		await page.getByLabel("Phone number").fill(number);
		await page.getByRole("checkbox").check();
		await page.getByRole("button", { name: "Continue" }).click();
		await page.getByRole("heading", { name: "Type the code here" }).waitFor();
	}

	async function typeCode(page: Page, code: string): Promise<void> {
		await page.getByLabel("Code", { exact: true }).fill(code);
		await page.getByRole("button", { name: "Connect this computer" }).click();
	}

	function exchange(listener: CallbackListener) {
		const call = listener.calls[0]?.searchParams;
		return post(server.url, "/auth/exchange", {
			temp_token: call?.get("temp_token"),
			code_verifier: listener.verifier,
			device: { name: "laptop", fingerprint: fingerprintOf("laptop") },
		});
	}

	describe.each(viewports)("at $width x $height", (viewport) => {
		it("pairs a phone from the first page to the tokens (rows 29, 33, 36)", async () => {
			await using listener = await new CallbackListener().listen();
			await using opened = await openPage(browser, { viewport });
			const { page, problems } = opened;
			const number = freshNumber();
			await page.goto(listener.loginUrl(server.url));
			expect(await page.locator("#address-sms:focus").count()).toBe(1);
			await screenshot(page, `pairing-1-number-${viewport.name}`);
			await sendCode(page, listener, number);
			expect(await page.locator("#code:focus").count()).toBe(1);
			expect(await page.locator("body").textContent()).toContain(`+1***${number.slice(-4)}`);
			expect(await page.content()).not.toContain(number.slice(1));
			await screenshot(page, `pairing-2-code-${viewport.name}`);
			await typeCode(page, lastCode(number));
			await page.waitForURL(`${listener.callbackUri}?**`);
			expect(listener.calls).toHaveLength(1);
			expect(listener.calls[0]?.searchParams.get("state")).toBe(listener.state);
			const answer = await exchange(listener);
			expect(tokens.parse(answer.body).address_masked).toBe(`+1***${number.slice(-4)}`);
			expect((await exchange(listener)).status).toBe(401);
			expect(problems).toEqual([]);
		});

		it("says what is wrong beside the field, counts wrong codes down, and offers to start again (row 35)", async () => {
			await using listener = await new CallbackListener().listen();
			await using opened = await openPage(browser, { viewport });
			const { page, problems } = opened;
			const number = freshNumber();
			await sendCode(page, listener, number);
			const code = lastCode(number);
			await typeCode(page, wrongCode(code));
			expect(await problem(page)).toBe("That is not the code. You have 4 tries left.");
			const input = page.getByLabel("Code", { exact: true });
			expect(await input.getAttribute("aria-invalid")).toBe("true");
			expect(await input.getAttribute("aria-describedby")).toContain("code-problem");
			await screenshot(page, `pairing-3-wrong-code-${viewport.name}`);
			for (let tries = 0; tries < 4; tries++) await typeCode(page, wrongCode(code));
			await page.getByRole("heading", { name: "Too many wrong codes" }).waitFor();
			await screenshot(page, `pairing-4-burnt-${viewport.name}`);
			await page.getByRole("link", { name: "Start again" }).click();
			await page.getByRole("heading", { name: "Where should Claude reach you?" }).waitFor();
			expect(listener.calls).toEqual([]);
			expect(problems).toEqual([]);
		});

		it("has no room to scroll sideways, and its fields and buttons are large enough for a thumb", async () => {
			await using listener = await new CallbackListener().listen();
			await using opened = await openPage(browser, { viewport });
			const { page } = opened;
			const measure = async () => {
				const wide = await page.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth");
				expect(wide).toBeLessThanOrEqual(0);
				for (const target of await page
					.locator("input:not([type=hidden]):not([type=checkbox]):not([type=radio]), .channels span, button, a.link")
					.filter({ visible: true })
					.all()) {
					expect((await target.boundingBox())?.height).toBeGreaterThanOrEqual(44);
				}
			};
			await page.goto(listener.loginUrl(server.url));
			await measure();
			await sendCode(page, listener, freshNumber());
			await measure();
		});
	});

	it("sends a new code on request, and the one before is dead", async () => {
		await using listener = await new CallbackListener().listen();
		await using opened = await openPage(browser);
		const { page, problems } = opened;
		const number = freshNumber();
		await sendCode(page, listener, number);
		const first = lastCode(number);
		await page.getByRole("button", { name: "Send a new code" }).click();
		await page.getByRole("status").waitFor();
		expect(await page.getByRole("status").textContent()).toContain("The one before no longer works.");
		await screenshot(page, "pairing-5-resent-phone");
		const second = lastCode(number);
		if (second !== first) {
			await typeCode(page, first);
			expect(await problem(page)).toContain("4 tries left");
		}
		await typeCode(page, second);
		await page.waitForURL(`${listener.callbackUri}?**`);
		expect(problems).toEqual([]);
	});

	it("offers three codes for a pairing, then no more", async () => {
		await using listener = await new CallbackListener().listen();
		await using opened = await openPage(browser);
		const { page } = opened;
		await sendCode(page, listener, freshNumber());
		for (let sent = 0; sent < 2; sent++) {
			await page.getByRole("button", { name: "Send a new code" }).click();
			await page.getByRole("status").waitFor();
		}
		expect(await page.getByRole("button", { name: "Send a new code" }).count()).toBe(0);
		expect(await page.getByRole("link", { name: "Reach me another way" }).count()).toBe(1);
	});

	it("says that a code has expired and begins again with the same listener (row 34)", async () => {
		await using listener = await new CallbackListener().listen();
		await using opened = await openPage(browser);
		const { page, problems } = opened;
		const number = freshNumber();
		await sendCode(page, listener, number);
		await travel(database.db, "601 seconds");
		await typeCode(page, lastCode(number));
		await page.getByRole("heading", { name: "That code has expired" }).waitFor();
		await screenshot(page, "pairing-6-expired-phone");
		await page.getByRole("link", { name: "Start again" }).click();
		const other = freshNumber();
		await sendCode(page, listener, other);
		await typeCode(page, lastCode(other));
		await page.waitForURL(`${listener.callbackUri}?**`);
		expect((await exchange(listener)).status).toBe(200);
		expect(problems).toEqual([]);
	});

	it.each([
		["with a listener on IPv6", "::1", true],
		["with JavaScript switched off", "127.0.0.1", false],
	])("pairs %s, with a code pasted in two groups", async (_, host, javaScriptEnabled) => {
		await using listener = await new CallbackListener(host).listen();
		await using opened = await openPage(browser, { javaScriptEnabled });
		const { page, problems } = opened;
		const number = freshNumber();
		await sendCode(page, listener, number);
		await typeCode(page, ` ${lastCode(number).replace(/(...)/, "$1 ")}`);
		await page.waitForURL(`${listener.callbackUri}?**`);
		expect(problems).toEqual([]);
	});

	it("explains a number that cannot be, and keeps no number in the page (row 48)", async () => {
		await using listener = await new CallbackListener().listen();
		await using opened = await openPage(browser);
		const { page } = opened;
		await page.goto(listener.loginUrl(server.url));
		await page.getByLabel("Phone number").fill("12025550123");
		await page.getByRole("checkbox").check();
		await page.getByRole("button", { name: "Continue" }).click();
		expect(await problem(page)).toContain("country code");
		expect(await page.content()).not.toContain("12025550123");
		await screenshot(page, "pairing-7-bad-number-phone");
	});

	it("is readable in the dark", async () => {
		await using listener = await new CallbackListener().listen();
		await using opened = await openPage(browser, { colorScheme: "dark" });
		const { page, problems } = opened;
		await page.goto(listener.loginUrl(server.url));
		await screenshot(page, "pairing-8-dark-number-phone");
		await sendCode(page, listener, freshNumber());
		await typeCode(page, "000000");
		await screenshot(page, "pairing-9-dark-code-phone");
		expect(problems).toEqual([]);
	});

	it("says where messages appear while no provider is set up, and pairs there too", async () => {
		await using listener = await new CallbackListener().listen();
		await using opened = await openPage(browser);
		const { page, problems } = opened;
		await page.goto(simulated.url.href);
		await screenshot(page, "home-phone");
		await page.goto(listener.loginUrl(simulated.url));
		expect(await page.getByRole("link", { name: "phone simulator" }).getAttribute("href")).toBe("/dev/phone");
		await screenshot(page, "pairing-10-simulated-phone");
		await submitNumber(page, freshNumber());
		await screenshot(page, "pairing-12-simulated-code-phone");
		await typeCode(page, codeIn(simulated.deps.phone?.messages.at(-1)?.text ?? ""));
		await page.waitForURL(`${listener.callbackUri}?**`);
		expect(problems).toEqual([]);
	});

	it("shows a page, not JSON, for a link that is not complete", async () => {
		await using opened = await openPage(browser);
		const answer = await opened.page.goto(new URL("/login", server.url).href);
		expect(answer?.status()).toBe(400);
		await opened.page.getByRole("heading", { name: "This link is not complete" }).waitFor();
		await screenshot(opened.page, "pairing-11-incomplete-phone");
	});
});
