import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { type ScriptedServer, startScriptedServer } from "../../tests/helpers/scripted-server.ts";

const until = new Date(2026, 10, 20, 14, 30).toISOString();

async function mutingServer(): Promise<ScriptedServer> {
	const server = await startScriptedServer();
	server.on("POST /mute", ({ body }) => {
		const { seconds } = body as { seconds: number };
		return { status: 200, body: { muted_until: seconds === 0 ? null : until } };
	});
	return server;
}

describe("/notify-mute", () => {
	it.each([
		["2h", 7200],
		["", 3600],
		["90 min", 5400],
		["1h30m", 5400],
	])("%s mutes everything for %s seconds and says until when", async (typed, seconds) => {
		await using server = await mutingServer();
		await using rig = await companionRig(server);
		expect(await rig.type("mute", typed)).toBe(
			"Everything is muted until 2026-11-20 14:30. What happens is told then, in one message. To end it: /notify-mute off",
		);
		expect(server.bodies("POST /mute")).toEqual([{ seconds }]);
	});

	it("off ends it", async () => {
		await using server = await mutingServer();
		await using rig = await companionRig(server);
		expect(await rig.type("notify:mute", "OFF")).toBe(
			"Nothing is muted any more. What was missed is told in a moment.",
		);
		expect(server.bodies("POST /mute")).toEqual([{ seconds: 0 }]);
	});

	it("session mutes this session", async () => {
		await using server = await mutingServer();
		await using rig = await companionRig(server);
		expect(await rig.type("mute", "session 30m")).toBe("This session is not monitored. Run /notify-start first.");
		await rig.type("start", "migrate billing");
		const answer = await rig.type("mute", "session 30m");
		expect(answer).toMatch(/^\(b\) "migrate billing" is muted until 2026-11-20 14:30\./);
		expect(answer).toMatch(/To end it: \/notify-mute session off$/);
		expect(server.bodies("POST /mute")).toEqual([{ seconds: 1800, session_id: rig.keeper.monitor?.file.session_id }]);
		await rig.type("mute", "session off");
		expect(server.bodies("POST /mute").at(-1)).toMatchObject({ seconds: 0 });
	});

	it.each(["soon", "2", "0h", "sessions 1h", "-1h", "2h please"])("says how to use it for %j", async (typed) => {
		await using server = await mutingServer();
		await using rig = await companionRig(server);
		expect(await rig.type("mute", typed)).toMatch(/^Use: \/notify-mute 2h/);
		expect(server.bodies("POST /mute")).toEqual([]);
	});

	it("is a week at most", async () => {
		await using server = await mutingServer();
		await using rig = await companionRig(server);
		expect(await rig.type("mute", "8d")).toBe("The longest mute is 7 days.");
	});
});
