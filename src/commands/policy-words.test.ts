import { randomUUID } from "node:crypto";
import { uuidv7 } from "uuidv7";
import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { startScriptedServer } from "../../tests/helpers/scripted-server.ts";

const at = (hours: number, minutes: number) => new Date(2026, 10, 20, hours, minutes).toISOString();
const policy = {
	time_zone: "Europe/Berlin",
	quiet: "off",
	quiet_until: null as string | null,
	quiet_except: "high",
	muted_until: null as string | null,
	delay: 0,
	presence: 0,
	progress: 0,
};
const account = (more: Partial<typeof policy>, sessions: object[] = []) => ({
	status: 200,
	body: { channels: [], policy: { ...policy, ...more }, sessions },
});

describe("/notify-status says of the policy in force", () => {
	it.each<[Partial<typeof policy>, string | undefined]>([
		[{}, undefined],
		[{ quiet: "22:00-07:00" }, "Policy: quiet 22:00-07:00 Europe/Berlin (priority high comes through)"],
		[
			{ quiet: "22:00-07:00", quiet_except: "none", quiet_until: at(7, 0), muted_until: at(14, 30) },
			"Policy: muted until 2026-11-20 14:30; quiet 22:00-07:00 Europe/Berlin (nothing comes through), which is now",
		],
		[
			{ delay: 30, presence: 60, progress: 300 },
			"Policy: messages wait 30 s for you at the computer; silent for 60 s after you typed; progress every 300 s",
		],
	])("%j: %s", async (more, words) => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		server.on("GET /status", () => account(more));
		const lines = (await rig.type("status")).split("\n");
		expect(lines.find((line) => line.startsWith("Policy:"))).toBe(words);
	});

	it("what became of this session's last events, and which other session is muted", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		const other = {
			session_id: randomUUID(),
			handle: "d",
			description: "web",
			hostname: "laptop",
			status: "active",
			started_at: at(9, 0),
			last_activity_at: at(9, 0),
			muted_until: at(14, 30),
		};
		server.on("GET /status", () => account({}, [other]));
		const event = { event_id: uuidv7(), accepted_at: at(14, 5) };
		server.on("GET /sessions/*/events", () => ({
			status: 200,
			body: {
				events: [
					{ ...event, type: "session_lost", outcome: "quiet", why: "Quiet hours until 07:00.\u001b[2J" },
					{ ...event, type: "done", outcome: "delivered", why: "By SMS." },
				],
			},
		}));
		await rig.type("start", "api");
		const answer = await rig.type("status");
		expect(answer).toContain("\n2026-11-20 14:05 session lost: quiet. Quiet hours until 07:00.\n");
		expect(answer).toContain("\n2026-11-20 14:05 done: delivered. By SMS.\n");
		expect(answer).toContain('\nAlso: (d) "web" on laptop, active, muted until 2026-11-20 14:30\n');
	});

	it("nothing of events where the server does not know them", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		server.on("GET /status", () => account({ delay: 5 }));
		await rig.type("start", "api");
		expect(await rig.type("status")).toMatch(/Policy: messages wait 5 s/);
	});
});
