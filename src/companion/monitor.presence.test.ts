import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { replyFromPhone, type ScriptedServer, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { until } from "../../tests/helpers/until.ts";
import type { Monitor } from "./monitor.ts";

const beat = "POST /sessions/*/heartbeat";
const events = "POST /sessions/*/events";

/** The last heartbeat that fits. */
function beaten(server: ScriptedServer, fits: (body: object) => boolean): Promise<object> {
	const bodies = () => server.bodies(beat).filter((body): body is object => typeof body === "object" && body !== null);
	return until(
		() => bodies().findLast(fits),
		5000,
		() => JSON.stringify(bodies()),
	);
}

function running(monitor: Monitor | undefined): Monitor {
	if (monitor === undefined) throw new Error("nothing is monitored");
	return monitor;
}

describe("where the person is", () => {
	it("is told with each heartbeat from the moment they type, until they answer from the phone", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { heartbeatIntervalMs: 1000 });
		await rig.type("start", "api");
		expect(await beaten(server, () => true)).not.toHaveProperty("attended");
		const monitor = running(rig.keeper.monitor);
		monitor.attended();
		const typed = await beaten(server, (body) => "attended" in body);
		expect(typed).toMatchObject({ attended: expect.stringMatching(/^\d{4}-.*Z$/) });
		expect(typed).not.toHaveProperty("present");
		const count = server.bodies(beat).length;
		const reply = replyFromPhone("go on");
		server.offer(reply);
		await until(
			() => monitor.replies.take("tool").length > 0,
			5000,
			() => "the reply has not come",
		);
		await until(
			() => server.bodies(beat).length > count + 1,
			5000,
			() => "no heartbeat",
		);
		expect(server.bodies(beat).at(-1)).toMatchObject({ attended: null });
	});

	it("is told with each event, by the presence file, and not while they answer from the phone", async () => {
		await using server = await startScriptedServer();
		let present = true;
		await using rig = await companionRig(server, { heartbeatIntervalMs: 1000, isPresent: () => present });
		await rig.type("start", "api");
		const monitor = running(rig.keeper.monitor);
		monitor.report("done", {});
		present = false;
		monitor.report("done", {});
		present = true;
		server.offer(replyFromPhone("go on"));
		await until(
			() => monitor.replies.take("tool").length > 0,
			5000,
			() => "the reply has not come",
		);
		monitor.report("done", {});
		monitor.attended();
		monitor.report("done", {});
		await server.waitFor(events, 4);
		expect(server.bodies(events).map((body) => (body as { present: boolean }).present)).toEqual([
			true,
			false,
			false,
			true,
		]);
		const attended = server.bodies(events).map((body) => (body as { attended?: string | null }).attended);
		expect(attended).toEqual([undefined, undefined, null, expect.stringMatching(/^\d{4}-.*Z$/)]);
		expect(await beaten(server, (body) => "present" in body)).toMatchObject({ present: true });
	});
});

it("a turn that runs is told as often as the server says, and not while it waits for the person", async () => {
	await using server = await startScriptedServer();
	server.on(beat, () => ({ status: 200, body: { status: "active", monitoring: true, progress: 1 } }));
	await using rig = await companionRig(server, { heartbeatIntervalMs: 1000 });
	await rig.type("start", "api");
	const monitor = running(rig.keeper.monitor);
	monitor.turnStarted();
	await server.waitFor(events, 2);
	expect(server.bodies(events).slice(0, 2)).toMatchObject([
		{ type: "progress", details: { running_seconds: 1 } },
		{ type: "progress", details: { running_seconds: 2 } },
	]);
	monitor.turnEnded("done");
	const beats = server.bodies(beat).length;
	const told = server.bodies(events).length;
	monitor.turnStarted();
	monitor.doing = "waiting for permission (Bash)";
	await server.waitFor(beat, beats + 3);
	expect(server.bodies(events)).toHaveLength(told);
});
