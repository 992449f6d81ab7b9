import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { databases } from "../helpers/database.ts";
import { codeIn, startLoop } from "../helpers/loop.ts";

describe.each(databases)("the slash commands in the real client, server on $name", ({ name }) => {
	it("pair, start, show, test, stop and log out in the terminal without one model request (rows 4-10, 13, 46)", async () => {
		await using loop = await startLoop({ database: name });
		await using tui = await loop.tui();
		await tui.type(`/notify-setup ${loop.phone.setup}`);
		await tui.waitForScreen(/\/notify-pair/);
		const code = codeIn(await loop.phone.waitFor(/\d{6}/));
		await tui.type("/notify-pair 12345");
		await tui.waitForScreen(/6 digits|six digits/i);
		await tui.type(`/notify-pair ${code}`);
		await tui.waitForScreen(/paired/i);
		await tui.type('/notify-start "migrate billing"');
		await tui.waitForScreen(/migrate billing/);
		await tui.waitForScreen(/monitor/i);
		await tui.type('/notify-start "again"');
		await tui.waitForScreen(/Session already monitoring\. Use \/notify-stop first\./);
		await tui.type("/notify-status");
		const status = await tui.waitForScreen(/active/i);
		expect(status).not.toContain("+12025550123");
		expect(status).toContain("+1***0123");
		await tui.type("/notify-test");
		await loop.phone.waitFor(/test/i);
		await tui.waitForScreen(/delivered|sent/i);
		await tui.type("/notify-stop");
		await tui.waitForScreen(/stopped/i);
		await tui.type("/notify-logout");
		await tui.waitForScreen(/logged out/i);
		expect(loop.model.requests).toEqual([]);
	});
});

describe("the slash commands in -p", () => {
	it("answer on stdout with exit code 0 and no model request (row 230)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		const status = await loop.print("/notify-status");
		expect(status).toMatchObject({ code: 0, stderr: "" });
		expect(status.stdout).toContain("+1***0123");
		const start = await loop.print('/notify-start "from a script"');
		expect(start).toMatchObject({ code: 0, stderr: "" });
		expect(start.stdout).toContain('Monitoring "from a script"');
		expect((await loop.print("/notify-logout")).stdout).toContain("Logged out");
		expect(loop.model.requests).toEqual([]);
	});

	it("say how to use them when used wrongly, and that a phone must be paired first", async () => {
		await using loop = await startLoop();
		expect((await loop.print("/notify-pair 12ab")).stdout).toContain("/notify-pair");
		expect((await loop.print("/notify-setup sms 555")).stdout).toMatch(/\+1/);
		expect((await loop.print("/notify-setup pigeon +1")).stdout).toMatch(/\/notify-setup/);
		expect((await loop.print("/notify-start")).stdout).toMatch(/\/notify-start "/);
		expect((await loop.print('/notify-start "x"')).stdout).toContain("/notify-setup");
		expect(loop.model.requests).toEqual([]);
		expect(loop.phone.texts()).toEqual([]);
	});

	it("take quotes and shell syntax as the words they are (row 12)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await loop.tui();
		await tui.type(`/notify-start "a $(touch pwned) 'b'"`);
		await tui.waitForScreen(/monitor/i);
		await tui.type("say hello");
		const text = await loop.phone.waitFor(/pwned/);
		expect(text).toContain("$(touch pwned) 'b'");
		expect(await readdir(loop.home.cwd)).toEqual([]);
	});
});
