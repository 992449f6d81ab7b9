import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEnv } from "../../server/env.ts";
import { type RunningServer, startServer } from "../../server/start.ts";
import { openBrowser, openPage, screenshot, viewports } from "../helpers/browser.ts";
import { databases, type TestDatabase } from "../helpers/database.ts";
import {
	type Answer,
	codeIn,
	exchangeBody,
	fingerprintOf,
	loginBody,
	post,
	secret,
	withToken,
} from "../helpers/login.ts";

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

describe("the phone simulator in Chromium", () => {
	let browser: Browser;
	let database: TestDatabase;
	let server: RunningServer;

	const start = (port = "0") =>
		startServer({ env: readEnv({ PORT: port, DATA_DIR: database.dataDir }), database, log });
	beforeAll(async () => {
		[browser, database] = await Promise.all([openBrowser(), databases[0].open()]);
		server = await start();
	});
	afterAll(async () => {
		await browser.close();
		await server.close();
		await database.close();
	});

	const phone = () => {
		if (server.deps.phone === undefined) throw new Error("there is no simulated phone");
		return server.deps.phone;
	};
	const toPhone = (address: string, text: string) =>
		phone().show({ direction: "to_phone", channel: "sms", address, text });
	const open = (page: Page, address?: string) =>
		page.goto(
			new URL(address === undefined ? "/dev/phone" : `/dev/phone?with=sms:${encodeURIComponent(address)}`, server.url)
				.href,
		);
	const last = (page: Page) => page.getByRole("log").getByRole("listitem").last();

	/** A monitored session of a login. */
	async function startFor(login: Answer, name: string): Promise<{ path: string; headers: Record<string, string> }> {
		const body = {
			claude_session_id: name,
			description: "migrate billing",
			hostname: "laptop",
			cwd: "/work/api",
			started_at: new Date().toISOString(),
		};
		const token = String(login.body["access_token"]);
		const started = await post(server.url, "/v1/sessions/start", body, withToken(token, fingerprintOf("laptop")));
		return {
			path: `/v1/sessions/${String(started.body["session_id"])}`,
			headers: { authorization: `Bearer ${String(started.body["session_token"])}` },
		};
	}

	/** A paired number with a monitored session on it, as the companion does it. */
	async function session(page: Page, number: string): Promise<{ path: string; headers: Record<string, string> }> {
		const verifier = secret();
		const begun = await post(server.url, "/v1/login", loginBody(number, verifier));
		await open(page, number);
		const code = codeIn((await last(page).textContent()) ?? "");
		const exchanged = exchangeBody({ tempToken: String(begun.body["temp_token"]), verifier, number, code });
		return startFor(await post(server.url, "/v1/auth/exchange", exchanged), number);
	}

	describe.each(viewports)("at $width x $height", (viewport) => {
		it("says how to begin while there is nothing", async () => {
			phone().messages.length = 0;
			await using opened = await openPage(browser, { viewport, reducedMotion: "reduce" });
			await open(opened.page);
			await opened.page.getByText("No messages yet").waitFor();
			expect(await opened.page.getByText("/notify-setup sms").isVisible()).toBe(true);
			expect(opened.problems).toEqual([]);
			await screenshot(opened.page, `phone-empty-${viewport.name}`);
		});

		it("shows a done message live, sends an answer into the session, and shows the receipt", async () => {
			phone().messages.length = 0;
			const number = viewport.name === "phone" ? "+12025550161" : "+12025550162";
			await using opened = await openPage(browser, { viewport, reducedMotion: "reduce" });
			const { page, problems } = opened;
			const { path, headers } = await session(page, number);
			await post(
				server.url,
				`${path}/events`,
				{
					id: server.deps.id(),
					type: "done",
					occurred_at: new Date().toISOString(),
					details: { message: "The invoices table is backfilled and all 214 tests pass." },
				},
				headers,
			);
			await page.getByRole("log").getByText("all 214 tests pass").waitFor();
			await page.getByLabel("Your answer").fill("run the tests again, then open a pull request");
			await page.getByRole("button", { name: "Send" }).click();
			await page.getByRole("log").getByText("then open a pull request").waitFor();
			expect(await page.getByLabel("Your answer").inputValue()).toBe("");
			const inbox = await fetch(new URL(`${path}/inbox?wait=5`, server.url), { headers });
			const { messages } = (await inbox.json()) as { messages: { id: string; text: string }[] };
			expect(messages.map((message) => message.text)).toEqual(["run the tests again, then open a pull request"]);
			await post(server.url, `${path}/inbox/${messages[0]?.id}/receipt`, { state: "seen", via: "socket" }, headers);
			await page.getByRole("log").getByText("has read your reply").waitFor();
			expect(problems).toEqual([]);
			await screenshot(page, `phone-conversation-${viewport.name}`);
		});

		it("is calm in the dark, with long words, many lines and two numbers", async () => {
			phone().messages.length = 0;
			await using opened = await openPage(browser, { viewport, reducedMotion: "reduce", colorScheme: "dark" });
			const { page, problems } = opened;
			toPhone("+12025550171", `(b) api\nError: ${"x".repeat(120)}\n\nReply STOP to disable`);
			toPhone("+12025550172", "(d) web: waiting for input (10 min idle)");
			await open(page, "+12025550171");
			toPhone("+12025550172", "(d) web: done");
			await page.locator(".unread").waitFor();
			const overflow = await page.evaluate(
				"document.documentElement.scrollWidth - document.documentElement.clientWidth",
			);
			expect(overflow).toBe(0);
			await screenshot(page, `phone-dark-${viewport.name}`);
			await page.getByRole("link", { name: "+12025550172" }).click();
			await page.getByRole("log").getByText("(d) web: done").waitFor();
			expect(problems).toEqual([]);
		});

		it("works without JavaScript: a form and a link to refresh", async () => {
			phone().messages.length = 0;
			await using opened = await openPage(browser, { viewport, reducedMotion: "reduce", javaScriptEnabled: false });
			const { page } = opened;
			toPhone("+12025550181", "(b) api: done");
			await open(page);
			await page.getByLabel("Your answer").fill("go on");
			await page.getByRole("button", { name: "Send" }).click();
			await page.getByText("Nobody is paired with this address").waitFor();
			await page.getByRole("log").getByText("go on").waitFor();
			toPhone("+12025550181", "second message");
			await page.getByRole("link", { name: "Refresh" }).click();
			await page.getByRole("log").getByText("second message").waitFor();
			await screenshot(page, `phone-no-script-${viewport.name}`);
		});
	});

	describe.each(viewports)("with several channels at $width x $height", (viewport) => {
		it("opens Telegram's link, gives the code, and a pressed button answers its session, once", async () => {
			phone().messages.length = 0;
			await using opened = await openPage(browser, { viewport, reducedMotion: "reduce", colorScheme: "dark" });
			const { page, problems } = opened;
			const verifier = secret();
			const { address: _, ...asked } = loginBody("", verifier);
			const begun = await post(server.url, "/v1/login", { ...asked, channel: "telegram" });
			await page.goto(String(begun.body["link"]));
			await screenshot(page, `phone-start-${viewport.name}`);
			await page.getByRole("button", { name: "Start" }).click();
			await page.getByText(/claude-notify code/).waitFor();
			const code = codeIn((await last(page).textContent()) ?? "");
			const exchanged = exchangeBody({ tempToken: String(begun.body["temp_token"]), verifier, number: "", code });
			const login = await post(server.url, "/v1/auth/exchange", exchanged);
			expect(login.body).toMatchObject({ channel: "telegram", channel_title: "Telegram" });
			const { path, headers } = await startFor(login, viewport.name);
			await post(
				server.url,
				`${path}/events`,
				{
					id: server.deps.id(),
					type: "done",
					occurred_at: new Date().toISOString(),
					details: { message: "All 214 tests pass." },
				},
				headers,
			);
			toPhone("+12025550173", "(d) web: waiting for input (10 min idle)");
			await page.getByRole("log").getByText("All 214 tests pass").waitFor();
			await page.getByRole("button", { name: "Continue" }).click();
			await page.getByRole("log").locator(".mine").getByText("continue").waitFor();
			await page.getByRole("button", { name: "Continue" }).click();
			await page.getByText("That was sent before").waitFor();
			const inbox = await fetch(new URL(`${path}/inbox?wait=5`, server.url), { headers });
			const { messages } = (await inbox.json()) as { messages: { text: string }[] };
			expect(messages.map(({ text }) => text)).toEqual(["continue"]);
			expect(await page.getByText("Telegram to").isVisible()).toBe(true);
			await screenshot(page, `phone-telegram-${viewport.name}`);
			expect(problems).toEqual([]);
		});
	});

	it("presses a button without JavaScript too", async () => {
		phone().messages.length = 0;
		await using opened = await openPage(browser, { javaScriptEnabled: false });
		const { page } = opened;
		const actions = [{ label: "Continue", reply: "continue" }];
		phone().show({ direction: "to_phone", channel: "telegram", address: "7", text: "done", actions, replyToken: "a" });
		await page.goto(new URL("/dev/phone", server.url).href);
		await page.getByRole("button", { name: "Continue" }).click();
		await page.getByText("Nobody is paired with this address").waitFor();
	});

	it("sends with the Enter key and keeps the text when the server is away", async () => {
		phone().messages.length = 0;
		await using opened = await openPage(browser);
		const { page } = opened;
		toPhone("+12025550190", "(b) api: done");
		await open(page);
		await page.getByLabel("Your answer").fill("first");
		await page.keyboard.press("Enter");
		await page.getByRole("log").getByText("first").waitFor();
		const { port } = server.url;
		await server.close();
		await page.getByText("reconnecting…").waitFor();
		await page.getByLabel("Your answer").fill("second");
		await page.keyboard.press("Enter");
		await page.getByText("The server does not answer").waitFor();
		expect(await page.getByLabel("Your answer").inputValue()).toBe("second");
		server = await start(port);
		await page.getByText("No messages yet").waitFor();
	});
});
