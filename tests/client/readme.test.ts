import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openBrowser, openPage, screenshot } from "../helpers/browser.ts";
import { createClientHome } from "../helpers/client-home.ts";
import { codeIn, pluginRoot } from "../helpers/loop.ts";
import { startMockModel, text } from "../helpers/mock-model.ts";
import { npmStart } from "../helpers/npm-start.ts";
import { startTui } from "../helpers/real-client.ts";

/** The commands of the README's "Then, in Claude Code" block, without what it says about each. */
async function readmeCommands(): Promise<string[]> {
	const readme = await readFile(join(pluginRoot, "README.md"), "utf8");
	const block = /Then, in Claude Code:\s+```\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
	return block
		.trim()
		.split("\n")
		.map((line) => line.split(/ {3,}/)[0] ?? "");
}

/** What the client sees of this folder. */
async function copyOfPlugin(folder: string): Promise<string> {
	for (const name of [".mcp.json", ".claude-plugin", "commands", "hooks", "dist"]) {
		await cp(join(pluginRoot, name), join(folder, name), { recursive: true });
	}
	return folder;
}

it("the README's two commands and three lines lead from nothing to an answer from the phone (rows 13, 200)", async () => {
	const [{ url }, commands] = [await npmStart(), await readmeCommands()];
	expect(commands.map((command) => command.split(" ")[0])).toEqual(["/notify-setup", "/notify-pair", "/notify-start"]);
	await using model = await startMockModel();
	await using home = await createClientHome();
	await using browser = await openBrowser();
	await using tui = await startTui({
		model,
		// As a person types it, in this folder, whose .mcp.json is the plugin's; the client writes the answer down in it.
		home,
		cwd: await copyOfPlugin(join(home.home, "claude-notify")),
		args: ["--plugin-dir", "."],
		enterAt: /New MCP server found in this project: companion/,
		env: { CLAUDE_NOTIFY_URL: new URL(url).origin },
	});
	await using opened = await openPage(browser, { reducedMotion: "reduce" });
	const phone = opened.page;

	await tui.type(commands[0] ?? "");
	await tui.waitForScreen(/\/notify-pair/);
	await phone.goto(new URL("/dev/phone", url).href);
	const code = codeIn(
		await phone
			.getByText(/claude-notify code/)
			.last()
			.innerHTML(),
	);
	await tui.type((commands[1] ?? "").replace("123456", code));
	await tui.waitForScreen(/paired/i);
	await tui.type(commands[2] ?? "");
	await tui.waitForScreen(/monitor/i);
	model.next(text("All 42 invoices are migrated, 3 were already paid."));
	await tui.type("migrate the billing tables");
	await phone.getByText("All 42 invoices are migrated").waitFor();

	const answer = "run the tests again";
	model.next(text("All tests pass."));
	await phone.getByRole("textbox").last().fill(answer);
	await phone.getByRole("button", { name: /send/i }).click();
	await model.waitForRequest(({ newText }) => newText.includes(answer));
	await phone.getByText("Claude has read your reply").waitFor();
	await phone.getByText("Completed successfully! All tests pass.").waitFor();
	await screenshot(phone, "readme-phone");
	expect(opened.problems).toEqual([]);
	expect(model.requests.filter(({ userText }) => userText.startsWith("/notify"))).toEqual([]);
});
