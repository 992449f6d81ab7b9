import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { refusal, type ScriptedServer, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { type SettingValue, settingOf, settings } from "../contract/settings.ts";

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A server that keeps settings. */
async function settingsServer(stored: Record<string, SettingValue> = { time_zone: here }): Promise<ScriptedServer> {
	const server = await startScriptedServer();
	const answer = () => {
		const keys = [...settings.map(({ key }) => key), ...Object.keys(stored).filter((key) => key.startsWith("limit."))];
		const shown = keys.map((key) => {
			const { default: usual = "", unit = "", help = "" } = settingOf(key) ?? {};
			return { key, value: stored[key] ?? usual, default: usual, unit, help };
		});
		return { status: 200, body: { settings: shown } };
	};
	server.on("GET /settings", answer);
	server.on("PATCH /settings", ({ body }) => {
		Object.assign(stored, body);
		return answer();
	});
	return server;
}

describe("/notify-settings", () => {
	it("takes a value with blanks in quotes (row 127)", async () => {
		await using server = await settingsServer();
		await using rig = await companionRig(server);
		expect(await rig.type("settings", 'ban="rm -rf /, sudo" delay=30')).toMatch(/^ban=rm -rf \/, sudo {2}A reply/);
		expect(server.bodies("PATCH /settings")).toEqual([{ ban: "rm -rf /, sudo", delay: "30" }]);
		expect(await rig.type("settings", "ban=rm -rf /")).toMatch(/^Use: /);
	});

	it("lists every setting with its value and what it is for, and how to change one", async () => {
		await using server = await settingsServer({ time_zone: here, quiet: "22:00-07:00", "limit.sms.done": "2/1h" });
		await using rig = await companionRig(server);
		const lines = (await rig.type("settings")).split("\n");
		expect(lines).toContainEqual(
			"quiet=22:00-07:00 (usually off)  Quiet hours: what happens then is told in one message at their end.",
		);
		expect(lines).toContainEqual(expect.stringMatching(/^delay=0 {2}Seconds that a message waits/));
		expect(lines).toContainEqual("priority.<event>=high: permission, question, session_lost, turn_failed");
		expect(lines).toContainEqual("priority.<event>=low: progress, started");
		expect(lines).toContainEqual("limit.sms.done=2/1h");
		expect(lines.at(-1)).toContain("/notify-settings quiet=22:00-07:00 delay=30");
		for (const { key } of settings.filter((each) => !each.key.startsWith("priority."))) {
			expect(lines.filter((line) => line.startsWith(`${key}=`))).toHaveLength(1);
		}
	});

	it("changes several at once and shows what they are now", async () => {
		await using server = await settingsServer();
		await using rig = await companionRig(server);
		const answer = await rig.type("settings", " quiet = 22:00 - 07:00  delay=30  Priority.Done=default ");
		expect(server.bodies("PATCH /settings")).toEqual([{ quiet: "22:00-07:00", delay: "30", "priority.done": null }]);
		expect(answer).toMatch(/^quiet=22:00-07:00 {2}Quiet hours/);
		expect(answer).toMatch(/\ndelay=30 {2}Seconds/);
	});

	it("says whose clock quiet hours go by where that is not this computer's", async () => {
		await using server = await settingsServer({ time_zone: "Pacific/Kiritimati" });
		await using rig = await companionRig(server);
		const words = `Quiet hours go by Pacific/Kiritimati; this computer's clock is that of ${here}`;
		expect(await rig.type("settings", "quiet=22-7")).toContain(words);
		expect(await rig.type("settings")).toContain(words);
		expect(await rig.type("settings", "delay=5")).not.toContain("Quiet hours go by");
	});

	it("shows a limit that was given back as usual", async () => {
		await using server = await settingsServer();
		await using rig = await companionRig(server);
		server.on("PATCH /settings", () => ({ status: 200, body: { settings: [] } }));
		expect(await rig.type("settings", "limit.sms.done=default")).toMatch(/^limit\.sms\.done=usual/);
	});

	it.each(["quiet", "quiet 22-7", "=5", "delay="])("says how to use it for %j, and asks nobody", async (typed) => {
		await using server = await settingsServer();
		await using rig = await companionRig(server);
		expect(await rig.type("settings", typed)).toMatch(/^Use: \/notify-settings/);
		expect(server.requests.filter(({ path }) => path === "/settings")).toEqual([]);
	});

	it("passes on why the server refuses, in words that steer no terminal", async () => {
		await using server = await settingsServer();
		await using rig = await companionRig(server);
		const words = "There is no setting colour. There are time_zone, quiet \u001b[31m";
		server.on("PATCH /settings", () => refusal(400, "invalid_request", words));
		expect(await rig.type("settings", "colour=red")).toBe("There is no setting colour. There are time_zone, quiet ");
	});
});
