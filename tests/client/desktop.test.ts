import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startLoop } from "../helpers/loop.ts";
import { text, toolUse } from "../helpers/mock-model.ts";
import { finishTurn, said, startMonitored } from "../helpers/monitored.ts";
import { startNotificationDaemon } from "../helpers/notification-daemon.ts";
import { until } from "../helpers/until.ts";

const wished = { CLAUDE_NOTIFY_DESKTOP: "true" };

describe("a monitored session, for somebody who wants notes on this computer too,", () => {
	it("shows on the desktop that a turn is done, and that Claude waits for a permission (row 139)", async () => {
		await using daemon = await startNotificationDaemon();
		await using loop = await startLoop();
		await loop.pair();
		const env = { ...wished, ...daemon.env };
		const config = { messageIdleNotifThresholdMs: 100 };
		await using tui = await startMonitored(loop, "migrate billing", { env, config });
		loop.model.next(text("All 42 invoices are migrated."));
		await finishTurn(loop, tui);
		const shown = (body: RegExp) =>
			until(
				async () => daemon.notes.find((note) => body.test(note.body)),
				20_000,
				() => JSON.stringify(daemon.notes),
			);
		const done = await shown(/All 42 invoices are migrated\./);
		expect(done.summary).toBe("Claude: migrate billing");
		loop.model.next(toolUse("Bash", { command: "touch x", description: "x" }), text("went on"));
		await tui.type("make a file");
		expect(await shown(/permission/)).toMatchObject({ replaces: done.id });
	});

	it("where there is no desktop makes Claude Code itself write the note to its terminal (row 139)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "over SSH", { env: { ...wished, SSH_TTY: "/dev/pts/9" } });
		const path = join(tui.home.temporary, "written");
		await tui.record(path);
		loop.model.next(text("It is done.\u001b]0;hostile\u0007 Really."));
		await finishTurn(loop, tui);
		// Claude Code wraps it for the tmux that it runs in.
		const note = "\u001bPtmux;\u001b\u001b]9;Claude: over SSH: It is done. Really.\u0007\u001b\\";
		await until(
			async () => (await readFile(path, "utf8")).includes(`${note}\u0007`),
			5000,
			async () => JSON.stringify((await readFile(path, "utf8")).match(/.{20}\](0|9|99|777);.{80}/gs)),
		);
	});

	it("shows nothing of the kind unless it is asked to", async () => {
		await using daemon = await startNotificationDaemon();
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "quiet", { env: daemon.env });
		const path = join(tui.home.temporary, "written");
		await tui.record(path);
		await finishTurn(loop, tui);
		// The next turn begins when the hooks of the last one have ended.
		await tui.type("and on");
		await loop.model.waitForRequest(said("and on"));
		expect(daemon.notes).toEqual([]);
		expect(await readFile(path, "utf8")).not.toContain("]9;Claude:");
	});
});
