import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const screens = resolve(import.meta.dirname, "../../test-results/screens");

/** A phone held in one hand, and a laptop. */
export const viewports = [
	{ name: "phone", width: 390, height: 844 },
	{ name: "laptop", width: 1280, height: 800 },
] as const;

const quiet = [
	"--headless",
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

/** One Chromium for a test file: open it in beforeAll, `close` it in afterAll. */
export function openBrowser(): Promise<Browser> {
	return chromium.launch({ executablePath, args: quiet });
}

/** A page in a context of its own. `problems` collects what a page of ours must never cause: script errors, refused resources, broken policies. */
export interface TestPage extends AsyncDisposable {
	page: Page;
	problems: string[];
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<TestPage> {
	const context = await browser.newContext({ viewport: viewports[0], ...options });
	const page = await context.newPage();
	const problems: string[] = [];
	page.on("pageerror", (error) => problems.push(`script error: ${error.message}`));
	page.on("console", (message) => {
		// A 4xx page is what some tests provoke; Chromium tells each one on the console.
		if (message.type() === "error" && !/the server responded with a status of 4\d\d/.test(message.text())) {
			problems.push(message.text());
		}
	});
	return { page, problems, [Symbol.asyncDispose]: () => context.close() };
}

/** Writes test-results/screens/`name`.png, for eyes. */
export async function screenshot(page: Page, name: string): Promise<void> {
	await mkdir(screens, { recursive: true });
	await page.screenshot({ path: resolve(screens, `${name}.png`), fullPage: true });
}
