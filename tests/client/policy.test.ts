import { describe, expect, it } from "vitest";
import { events } from "../../server/db/schema.ts";
import { startLoop } from "../helpers/loop.ts";
import { text } from "../helpers/mock-model.ts";
import { finishTurn, startMonitored } from "../helpers/monitored.ts";
import { until } from "../helpers/until.ts";

const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const clock = (total: number) => {
	const at = (total + 1440) % 1440;
	return `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
};

describe("a phone that knows when to be quiet, in the real client", () => {
	it("is set by /notify-settings: quiet hours hold back a finished turn, and /notify-status says so (rows 4, 114)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "api");
		await tui.type("/notify-settings quiet=later");
		await tui.waitForScreen(/quiet: must look like 22:00-07:00/);
		const now = minutes(new Date().toISOString().slice(11, 16));
		const hours = `${clock(now - 60)}-${clock(now + 60)}`;
		await tui.type(`/notify-settings quiet=${hours} time_zone=UTC`);
		await tui.waitForScreen(new RegExp(`quiet=${hours} {2}Quiet hours`));
		loop.model.next(text("all is well"));
		await tui.type("begin");
		await loop.model.waitForRequest(() => true);
		await tui.waitForScreen(/all is well/);
		await until(
			async () => (await loop.database.db.$count(events)) > 0,
			5000,
			() => "the turn's end was not reported",
		);
		await tui.type("/notify-status");
		const status = await tui.waitForScreen(/done: quiet\. Quiet hours until/);
		expect(status.replaceAll(/\s+/g, " ")).toContain(`quiet ${hours} UTC (priority high comes through), which is now`);
		expect(loop.phone.texts().join("\n")).not.toContain("all is well");
		expect(loop.model.requests).toHaveLength(1);
	});

	it("is silent while somebody types, and not for what comes of an answer from the phone (row 114)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "api");
		await tui.type("/notify-settings presence=5m");
		await tui.waitForScreen(/presence=300/);
		loop.model.next(text("seen on the screen"), text("wanted on the phone"));
		await tui.type("begin");
		await tui.waitForScreen(/seen on the screen/);
		await loop.phone.reply("and now the rest");
		const told = await loop.phone.waitFor(/Completed successfully!/);
		expect(told).toContain("wanted on the phone");
		expect(loop.phone.texts().join("\n")).not.toContain("seen on the screen");
	});

	it("is muted at the computer and from the phone, and tells when it is on again what was missed (row 4)", async () => {
		await using loop = await startLoop();
		await loop.pair();
		await using tui = await startMonitored(loop, "api");
		await tui.type("/notify-mute session 30m");
		await tui.waitForScreen(/\(b\) "api" is muted until \d{4}-\d\d-\d\d \d\d:\d\d/);
		loop.model.next(text("nobody hears this"));
		await tui.type("begin");
		await tui.waitForScreen(/nobody hears this/);
		await tui.type("/notify-mute session off");
		await tui.waitForScreen(/no longer muted/);
		await loop.phone.waitFor(/While it was muted:\s+\(b\) api: done; last: nobody hears this/);
		await loop.phone.reply("mute b 2h");
		await loop.phone.waitFor(/\(b\) "api" is muted until \d\d:\d\d/);
		await loop.phone.reply("unmute");
		await loop.phone.waitFor(/Messages are on again\./);
		await finishTurn(loop, tui);
		expect(loop.model.requests).toHaveLength(2);
	});
});
