import { describe, expect, it } from "vitest";
import { watchSessions } from "../../server/domain/watch-sessions.ts";
import { travel } from "../helpers/database.ts";
import { quickHeartbeat, startLoop } from "../helpers/loop.ts";
import { httpError, text, toolUse } from "../helpers/mock-model.ts";
import { eventTypesOf, lastHeartbeatOf, sessionStatusesOf } from "../helpers/stored.ts";
import { until } from "../helpers/until.ts";

const failing = () => toolUse("Bash", { command: "echo oops; exit 3", description: "x" });
const withBash = { args: ["--allowedTools", "Bash"] };

describe.each(["simulator", "twilio"] as const)("a monitored session and a phone on %s", (kind) => {
	it("sends one done message when a turn has finished (row 65)", async () => {
		await using loop = await startLoop({ phone: kind });
		await loop.pair();
		await using tui = await loop.tui();
		await tui.type('/notify-start "migrate billing"');
		await tui.waitForScreen(/monitor/i);
		loop.model.next(text("All 42 invoices are migrated."));
		await tui.type("migrate them");
		const done = await loop.phone.waitFor(/Completed successfully!/);
		expect(done).toContain('"migrate billing"');
		expect(done).toContain("All 42 invoices are migrated.");
		expect(loop.violations).toEqual([]);
	});

	it("sends one error message for a failing tool, holds the second back and counts it (rows 62, 82, 83)", async () => {
		await using loop = await startLoop({ phone: kind });
		await loop.pair();
		await using tui = await loop.tui(withBash);
		await tui.type('/notify-start "build"');
		await tui.waitForScreen(/monitor/i);
		loop.model.next(failing(), failing(), text("It fails."));
		await tui.type("build it");
		const error = await loop.phone.waitFor(/Error: /);
		expect(error).toContain("Bash");
		expect(error).toContain("Exit code 3");
		await loop.phone.waitFor(/Completed successfully!/);
		expect(loop.phone.texts().filter((sent) => /Error: /.test(sent))).toHaveLength(1);
		await travel(loop.database.db, "30 minutes");
		loop.model.next(failing(), text("Still fails."));
		await tui.type("build it again");
		await loop.phone.waitFor(/Error: [\s\S]*\+1|\+1[\s\S]*Error: /);
	});
});

describe("a monitored session", () => {
	it("says once that Claude waits after ten silent minutes, and again only after new activity (rows 59, 60)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		// A heartbeat would tell the server how short the silence really was.
		await using tui = await loop.tui({ env: { CLAUDE_NOTIFY_HEARTBEAT_INTERVAL: "3600000" } });
		await tui.type('/notify-start "quiet"');
		await tui.waitForScreen(/monitor/i);
		const heartbeat = await lastHeartbeatOf(loop.database.db);
		await tui.type("hello");
		await loop.phone.waitFor(/Completed successfully!/);
		// The prompt's own heartbeat comes up to a second later and would end a silence that began before it.
		await until(
			async () => (await lastHeartbeatOf(loop.database.db)) > heartbeat,
			5000,
			() => "no heartbeat came with the prompt",
		);
		await travel(loop.database.db, "10 minutes");
		await loop.phone.waitFor(/Waiting for input \(10 min idle\)/);
		await travel(loop.database.db, "40 minutes");
		await tui.type("hello again");
		await until(
			() => loop.phone.texts().filter((sent) => /Completed/.test(sent)).length === 2,
			10_000,
			() => loop.phone.texts().join("\n"),
		);
		expect(loop.phone.texts().filter((sent) => /Waiting/.test(sent))).toHaveLength(1);
		await until(
			async () => Date.now() - (await lastHeartbeatOf(loop.database.db)) < 60_000,
			5000,
			() => "no heartbeat came with the second prompt",
		);
		await travel(loop.database.db, "40 minutes");
		await until(
			() => loop.phone.texts().filter((sent) => /Waiting/.test(sent)).length === 2,
			10_000,
			() => loop.phone.texts().join("\n"),
		);
	});

	it("tells the kind of an API failure that ends the turn", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await loop.tui();
		await tui.type('/notify-start "limits"');
		await tui.waitForScreen(/monitor/i);
		loop.model.next(httpError(429, "slow down"));
		await tui.type("hello");
		const error = await loop.phone.waitFor(/Error: /);
		expect(error).toMatch(/rate.limit/i);
	});

	it("that is killed is reported as lost, once (row 57)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		const tui = await loop.tui({ env: quickHeartbeat });
		await tui.type('/notify-start "doomed"');
		await tui.waitForScreen(/monitor/i);
		tui.kill("SIGKILL");
		await tui.waitForExit();
		await loop.phone.waitFor(/lost/i);
		await tui[Symbol.asyncDispose]();
		await travel(loop.database.db, "3 hours");
		await watchSessions(loop.server.deps, { upMs: 10_800_000 });
		expect(loop.phone.texts().filter((sent) => /lost/i.test(sent))).toHaveLength(1);
	});

	it("keeps what happens while the server is away and tells it in order, each once (row 68)", async () => {
		await using loop = await startLoop({ phone: "twilio" });
		await loop.pair();
		await using tui = await loop.tui(withBash);
		await tui.type('/notify-start "offline"');
		await tui.waitForScreen(/monitor/i);
		await loop.stopServer();
		loop.model.next(failing(), text("first answer"));
		await tui.type("one");
		await tui.waitForScreen(/● first answer/);
		loop.model.next(httpError(401, "bad key"));
		await tui.type("two");
		await tui.waitForScreen(/bad key/);
		await loop.restartServer();
		await until(
			async () => (await eventTypesOf(loop.database.db)).length === 3,
			40_000,
			async () => `the server has ${await eventTypesOf(loop.database.db)}`,
		);
		expect(await eventTypesOf(loop.database.db)).toEqual(["error", "done", "error"]);
		await loop.phone.waitFor(/Completed successfully!/);
		const told = loop.phone.texts().filter((sent) => sent.includes('"offline"'));
		expect(told.map((sent) => /Error: Bash|Completed/.exec(sent)?.[0])).toEqual(["Error: Bash", "Completed"]);
	});

	it("that was stopped or logged out sends nothing more (rows 7, 8)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await loop.tui(withBash);
		await tui.type('/notify-start "short"');
		await tui.waitForScreen(/monitor/i);
		await tui.type("/notify-stop");
		await tui.waitForScreen(/stopped/i);
		const before = loop.phone.texts().length;
		loop.model.next(failing(), text("over"));
		await tui.type("fail now");
		await tui.waitForScreen(/● over/);
		await tui.type("/notify-logout");
		await tui.waitForScreen(/logged out/i);
		await tui.type('/notify-start "more"');
		await tui.waitForScreen(/\/notify-setup/);
		expect(await eventTypesOf(loop.database.db)).toEqual([]);
		expect(loop.phone.texts()).toHaveLength(before);
	});

	it("that ends in the middle of nothing says nothing twice: done at Stop, none at the end of the session (row 65)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await loop.tui();
		await tui.type('/notify-start "exit"');
		await tui.waitForScreen(/monitor/i);
		await tui.type("hello");
		await loop.phone.waitFor(/Completed successfully!/);
		await tui.type("/exit");
		await tui.waitForExit();
		await until(
			async () => (await sessionStatusesOf(loop.database.db)).every((status) => status === "ended"),
			15_000,
			async () => String(await sessionStatusesOf(loop.database.db)),
		);
		expect(await eventTypesOf(loop.database.db)).toEqual(["done"]);
	});
});
