import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { refusal, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { until } from "../../tests/helpers/until.ts";
import { runCommand } from "./index.ts";

const start = "POST /sessions/start";

describe("the slash commands", () => {
	it.each(["notify:start", "notify:notify-start", "notify-start", "start"])("are known as %s", async (name) => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		expect(await rig.type(name)).toBe('Use: /notify-start "what you are doing"');
	});

	it.each(["other:start", "notify:other", "notify:", "", "constructor", "notify:start:x"])(
		"leave %j to others",
		async (name) => {
			await using server = await startScriptedServer();
			await using rig = await companionRig(server);
			await expect(rig.type(name)).rejects.toThrow("is no command");
		},
	);

	it("each have a file in commands/ that says what to do without a companion (row 4)", () => {
		const folder = join(import.meta.dirname, "../../commands");
		const files = readdirSync(folder);
		const verbs = "audit channels logout mute pair settings setup start status stop test".split(" ");
		expect(files.sort()).toEqual(verbs.map((verb) => `notify-${verb}.md`));
		for (const file of files) {
			const text = readFileSync(join(folder, file), "utf8");
			expect(text).toMatch(new RegExp(`^---\\nname: ${file.slice(0, -3)}\\ndescription: \\S`));
			expect(text).toContain("is not running");
		}
	});

	it("need a pairing first, and say so", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		expect(await rig.type("start", "x")).toBe("Not paired yet. Run /notify-setup first.");
		expect(await rig.type("test")).toBe("Not paired yet. Run /notify-setup first.");
		expect(server.requests).toEqual([]);
	});

	it("say what is wrong with the server's address", async () => {
		await using server = await startScriptedServer();
		const serverProblem = "CLAUDE_NOTIFY_URL must be https: plain http is for this machine itself (127.0.0.1) only.";
		await using rig = await companionRig(server, { serverProblem });
		for (const name of ["setup", "start", "test", "status"])
			expect(await rig.type(name, "x@example.com")).toContain(serverProblem);
		expect(server.requests).toEqual([]);
	});

	it("say that the server is away, and which one it is", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await server.goDown();
		expect(await rig.type("start", "x")).toContain(`${server.url} cannot be reached: ECONNREFUSED.`);
	});

	it("say that the pairing has ended when the server says so (row 40)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		server.on(start, () => refusal(401, "token_expired", "The login has expired."));
		expect(await rig.type("start", "x")).toBe("The login has expired.\nRun /notify-setup.");
	});

	it("show no control character of the server's words", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		server.on(start, () => refusal(403, "forbidden", "\u001b[31mno\u001b[0m\u0007"));
		expect(await rig.type("start", "x")).toBe("no");
	});

	it("survive a bug of ours", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		const broken = Object.create(null);
		expect(await runCommand("test", "", { ...broken, log: { error: () => undefined } })).toMatch(
			/^claude-notify failed: /,
		);
		expect(rig.keeper.monitor).toBeUndefined();
	});
});

describe("/notify-start", () => {
	it.each([
		['"migrate billing"', "migrate billing"],
		["migrate billing", "migrate billing"],
		["'single'", "single"],
		["“curly”", "curly"],
		[`"a $(touch pwned) 'b'"`, "a $(touch pwned) 'b'"],
		['say "hello" to all', 'say "hello" to all'],
		["  spaces\n and\tlines ", "spaces and lines"],
		["\u001b[31mred\u0007", "red"],
	])("%j is described as %j (rows 6, 12)", async (args, description) => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		expect(await rig.type("notify:start", args)).toContain(`Monitoring "${description}" as (b).`);
		expect(server.bodies(start)).toMatchObject([{ description, claude_session_id: "aaa", hostname: "laptop" }]);
		expect(existsSync("pwned")).toBe(false);
	});

	it.each(["", '""', "  ", "''"])("%j prints the right use (row 11)", async (args) => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		expect(await rig.type("start", args)).toBe('Use: /notify-start "what you are doing"');
		expect(server.requests).toEqual([]);
	});

	it("cuts what is longer than 100 characters, and shows it (row 11)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		expect(await rig.type("start", "x".repeat(100))).not.toContain("shortened");
		await rig.type("stop");
		const answer = await rig.type("start", "y".repeat(101));
		expect(answer).toContain(`"${"y".repeat(99)}…"`);
		expect(answer).toContain("The description was shortened to 100 characters.");
	});

	it("twice says so, in these words, and asks nothing of the server (row 10)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		const [first, second] = await Promise.all([rig.type("start", "one"), rig.type("start", "two")]);
		expect(first).toContain("Monitoring");
		expect(second).toBe("Session already monitoring. Use /notify-stop first.");
		expect(await rig.type("start", "three")).toBe("Session already monitoring. Use /notify-stop first.");
		expect(server.bodies(start)).toHaveLength(1);
	});
});

describe("/notify-start when the server says that it runs", () => {
	it("tells what became of what this machine knew", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		const words = "Session already monitoring. Use /notify-stop first.";
		server.on(start, () => refusal(409, "conflict", words, { session_id: "x", handle: "b" }));
		expect(await rig.type("start", "x")).toMatch(/is gone\. Try again in two minutes\.$/);
		rig.keeper.note = "Another Claude Code window monitors this session.";
		expect(await rig.type("start", "x")).toBe("Another Claude Code window monitors this session.");
		server.on(start, () => refusal(409, "conflict", "Too many sessions are monitored. Stop one first."));
		expect(await rig.type("start", "x")).toBe("Too many sessions are monitored. Stop one first.");
	});
});

describe("/notify-stop", () => {
	it("sums up, and then nothing is monitored any more (row 7)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.type("start", "x");
		expect(await rig.type("stop")).toBe(
			"Monitoring stopped. 3 messages in 12 min, 1 error, 2 held back by the limits.",
		);
		expect(server.bodies("POST /sessions/*/stop")).toMatchObject([{ reason: "user", final_state: "stopped" }]);
		expect([rig.keeper.monitor, rig.files.all()]).toEqual([undefined, []]);
		expect(await rig.type("stop")).toBe("This session is not monitored.");
	});

	it("sends what waits before it stops", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.type("start", "x");
		await server.goDown();
		rig.keeper.monitor?.report("error", {});
		await server.comeBack();
		await rig.type("stop");
		const order = server.requests
			.map(({ path }) => path.split("/").at(-1))
			.filter((name) => name === "events" || name === "stop");
		expect(order).toEqual(["events", "stop"]);
	});

	it("works while the server is away, and a new start tells it first", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.type("start", "x");
		await server.goDown();
		expect(await rig.type("stop")).toBe(
			"Monitoring stopped here. The server does not answer; it is told as soon as it does.",
		);
		await server.comeBack();
		expect(await rig.type("start", "again")).toContain("Monitoring");
		const order = server.requests
			.map(({ path }) => path.split("/").at(-1))
			.filter((name) => name === "start" || name === "stop");
		expect(order).toEqual(["start", "stop", "start"]);
	});
});

describe("/notify-start, where messages go", () => {
	const channel = (name: string, address_masked: string, opted_out = false) => ({
		id: randomUUID(),
		channel: name.toLowerCase(),
		channel_title: name,
		address_masked,
		simulated: false,
		opted_out,
		opted_out_hint: null,
		last_delivery: null,
	});

	it.each([
		[[channel("SMS", "+1***8912")], "Messages go to +1***8912 by SMS."],
		[
			[channel("Telegram", "Ann (…6789)"), channel("SMS", "+1***8912")],
			"Messages go to Ann (…6789) by Telegram and +1***8912 by SMS.",
		],
		[[channel("Telegram", "Ann (…6789)", true), channel("SMS", "+1***8912")], "Messages go to +1***8912 by SMS."],
		[[channel("SMS", "+1***8912", true)], "But no message can reach you: see /notify-status."],
	])("%#: names every channel that is on", async (channels, words) => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		server.on("GET /status", () => ({ status: 200, body: { channels, sessions: [] } }));
		expect(await rig.type("start", "x")).toContain(`Monitoring "x" as (b). ${words}\n`);
	});
});

describe("/notify-logout", () => {
	it("revokes, wipes and ends every session of this machine (rows 8, 41)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.type("start", "x");
		expect(await rig.type("logout")).toBe("Logged out. Monitored sessions that ended: 1.");
		expect(server.requests.find(({ path }) => path === "/auth/logout")?.headers.authorization).toBe("Bearer access-1");
		expect(existsSync(join(rig.home, "auth.json"))).toBe(false);
		expect([rig.keeper.monitor, rig.files.all()]).toEqual([undefined, []]);
		expect(await rig.type("logout")).toBe("Logged out: there was no login on this machine.");
	});

	it("wipes also when the server is away, and says so (row 8)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.type("start", "x");
		await rig.type("setup", "+15551234567");
		await server.goDown();
		expect(await rig.type("logout")).toMatch(/^Logged out on this machine, but the server could not be told/);
		expect(rig.file.read()).toEqual({ state: "none" });
		expect(existsSync(join(rig.home, "pairing.json"))).toBe(false);
		await until(
			() => rig.files.all().length === 0,
			1000,
			() => "a session's token is left",
		);
	});
});
