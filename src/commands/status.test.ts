import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { refusal, startScriptedServer } from "../../tests/helpers/scripted-server.ts";

const at = (hours: number, minutes: number) => new Date(2026, 10, 20, hours, minutes).toISOString();

const delivery = (state: string, error: string | null = null) => ({
	id: randomUUID(),
	channel: "sms" as const,
	channel_title: "SMS",
	address_masked: "+1***8912",
	state,
	error,
	updated_at: at(14, 5),
});

const account = (last_delivery: object | null, more: object = {}, sessions: object[] = []) => ({
	channels: [
		{
			id: randomUUID(),
			channel: "sms",
			channel_title: "SMS",
			address_masked: "+1***8912",
			simulated: false,
			opted_out: false,
			opted_out_hint: null,
			last_delivery,
			...more,
		},
	],
	sessions,
});

describe("/notify-status", () => {
	it("shows what is monitored, where messages go, the last one's receipt, the login and the server (row 9)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		server.on("GET /status", () => ({ status: 200, body: account(delivery("delivered")) }));
		await rig.type("start", "migrate billing");
		const answer = await rig.type("notify:status");
		const lines = answer.split("\n");
		expect(lines[0]).toMatch(
			/^Monitoring: active, "migrate billing" as \(b\) since \d{4}-\d\d-\d\d \d\d:\d\d, working$/,
		);
		expect(lines.slice(1)).toEqual([
			"Replies: after Claude's next tool call or with your next prompt (this session takes no messages)",
			"To: +1***8912 by SMS; last message delivered, 2026-11-20 14:05",
			expect.stringMatching(/^Login: until \d{4}-\d\d-\d\d \d\d:\d\d, renewed by itself$/),
			`Server: ${server.url}`,
		]);
	});

	it("says inactive, and why, when monitoring ended by itself (row 9)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		server.on("GET /status", () => ({ status: 200, body: account(null) }));
		rig.keeper.note = "The server has ended monitoring of this session.";
		const answer = await rig.type("status");
		expect(answer).toMatch(/^Monitoring: inactive\nThe server has ended monitoring of this session\.\n/);
		expect(answer).toContain("nothing sent yet");
	});

	it.each([
		[{ simulated: true }, null, "(simulated phone); nothing sent yet"],
		[
			{ opted_out: true, opted_out_hint: "text START to switch it on again" },
			null,
			"(switched off at your end: text START to switch it on again); nothing sent yet",
		],
		[{ opted_out: true }, null, "(switched off at your end: /notify-setup switches it on again); nothing sent yet"],
		[
			{},
			delivery("failed", "The number cannot get messages."),
			"last message failed (The number cannot get messages.), 2026-11-20 14:05",
		],
		[{}, delivery("sent"), "last message sent, no receipt yet, 2026-11-20 14:05"],
		[{}, delivery("dead", "\u001b[31mlate"), "last message given up (late), 2026-11-20 14:05"],
	])("tells of a channel %j", async (more, last, words) => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		server.on("GET /status", () => ({ status: 200, body: account(last, more) }));
		expect(await rig.type("status")).toContain(words);
	});

	it("lists the user's other sessions", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		const other = {
			session_id: randomUUID(),
			handle: "c",
			description: "web",
			hostname: "desk",
			status: "stale",
			started_at: at(12, 0),
			last_activity_at: at(13, 0),
		};
		const ended = { ...other, session_id: randomUUID(), status: "ended", description: "over" };
		server.on("GET /status", () => ({ status: 200, body: account(null, {}, [other, ended]) }));
		const answer = await rig.type("status");
		expect(answer).toContain('Also: (c) "web" on desk, stale');
		expect(answer).not.toContain("over");
	});

	it("works while the server is away, and counts what waits for it", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.type("start", "x");
		await server.goDown();
		rig.keeper.monitor?.report("error", {});
		rig.keeper.monitor?.report("done", {});
		const answer = await rig.type("status");
		expect(answer).toContain("Events that wait for the server: 2");
		expect(answer).toContain("To: +1***8912 by SMS");
		expect(answer).toContain("cannot be reached");
	});

	it("without a pairing says what to do", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		expect(await rig.type("status")).toBe("Monitoring: inactive\nNot paired yet. Run /notify-setup first.");
	});
});

describe("/notify-test", () => {
	it("sends one message now and shows what became of it", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		const pending = delivery("pending");
		server.on("POST /test", () => ({ status: 200, body: { deliveries: [pending] } }));
		server.on(`GET /deliveries/${pending.id}`, () => ({ status: 200, body: { ...pending, state: "delivered" } }));
		expect(await rig.type("test")).toBe("Test to +1***8912 by SMS: delivered, 2026-11-20 14:05");
		expect(server.requests.at(-1)?.query.get("wait")).toBe("10");
	});

	it("without a channel says what to do", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		server.on("POST /test", () => ({ status: 200, body: { deliveries: [] } }));
		expect(await rig.type("test")).toContain("/notify-setup");
	});

	it("shows the server's limit in the server's words", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		server.on("POST /test", () => refusal(429, "rate_limited", "One test a minute."));
		expect(await rig.type("test")).toBe("One test a minute.");
	});
});
