import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AskingSession, askingSession } from "../helpers/asking-session.ts";
import { toolUse } from "../helpers/mock-model.ts";
import { until } from "../helpers/until.ts";

let s: AskingSession;

beforeAll(async () => {
	s = await askingSession({ phone: "twilio" });
});

afterAll(() => s[Symbol.asyncDispose]());

describe("a permission, asked by text message and at the terminal", () => {
	it("that the terminal gives first is taken back on the phone (rows 133, 134)", async () => {
		await s.askFor("mkdir local", "local-done");
		await s.tui.answerDialog();
		await s.resultsBefore("local-done");
		await s.newText(/allowed at the terminal: Bash: mkdir local/);
		expect(await s.made("local")).toBe(true);
	});

	it("that the terminal gave while its command still runs is not undone by the phone, which hears that it was late (row 134)", async () => {
		await s.askFor("mkdir slow && until [ -e go ]; do sleep 0.1; done", "slow-done");
		await s.tui.answerDialog();
		await until(
			() => s.made("slow"),
			10_000,
			() => "it never ran",
		);
		await s.loop.phone.reply(`${s.handle} n`);
		await s.newText(/you said no to/);
		await writeFile(join(s.loop.home.cwd, "go"), "");
		expect(await s.resultsBefore("slow-done")).toMatchObject([{ isError: false }]);
		await s.newText(/too late, the terminal was first/);
	});

	it("that nobody gives in time can only be given at the terminal then, and the phone is told (row 133)", async () => {
		await s.askFor("mkdir late", "late-done");
		await s.loop.database.db.execute(
			sql`update approvals set expires_at = now() - interval '1 second' where state = 'open'`,
		);
		await s.newText(/nobody answered in time: Bash: mkdir late/);
		await s.loop.phone.reply(`${s.handle} y`);
		await s.newText(/nothing was done, its time was over/);
		await s.tui.waitForScreen(/❯ 1\. Yes/);
		expect(await s.made("late")).toBe(false);
		await s.tui.answerDialog();
		expect(await s.resultsBefore("late-done")).toMatchObject([{ isError: false }]);
	});

	it("is asked for by number where two are open, and each gets its own answer (row 133)", async () => {
		const read = (file_path: string) => toolUse("Read", { file_path });
		await s.call([read("/etc/hostname"), read("/etc/hosts")], "two-read");
		const asked = await Promise.all([s.newText(/Read: .etc.hostname/), s.newText(/Read: .etc.hosts/)]);
		await s.loop.phone.reply(`${s.handle} y`);
		const which = await s.newText(/Which one/);
		const numberOf = (file: string) => new RegExp(`#(\\d+): Read: /etc/${file}`).exec(which)?.[1];
		expect(asked).toHaveLength(2);
		await s.loop.phone.reply(`${s.handle} #${numberOf("hosts")} n not that one`);
		await s.newText(/you said no to Read/);
		await s.loop.phone.reply(`${s.handle} y`);
		// In the order in which they ended.
		const results = await s.resultsBefore("two-read");
		expect(results.filter(({ isError }) => isError)).toMatchObject([{ text: expect.stringContaining("not that one") }]);
		expect(results).toHaveLength(2);
	});

	// Last: what was interrupted comes along with the next prompt.
	it("that the terminal refuses is taken back on the phone (row 134)", async () => {
		await s.askFor("mkdir escaped", "escaped", { goesOn: false });
		await s.tui.waitForScreen(/❯ 1\. Yes/);
		await s.tui.answerDialog("Escape");
		await s.newText(/denied at the terminal: Bash: mkdir escaped/);
		expect(await s.made("escaped")).toBe(false);
	});

	it("is taken back when the session ends under it", async () => {
		await s.askFor("mkdir orphan", "orphan", { goesOn: false });
		await s.tui.waitForScreen(/❯ 1\. Yes/);
		await s.tui.closeTerminal();
		await s.newText(/no answer is needed any more: Bash: mkdir orphan/);
		expect(await s.made("orphan")).toBe(false);
	});
});
