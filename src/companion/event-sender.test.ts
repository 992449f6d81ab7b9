import { randomUUID } from "node:crypto";
import { uuidv7 } from "uuidv7";
import { describe, expect, it } from "vitest";
import { accepted, refusal, type ScriptedServer, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { until } from "../../tests/helpers/until.ts";
import { ApiClient } from "../api-client.ts";
import { createLog } from "../log.ts";
import { Spool } from "../state/spool.ts";
import { drainSpool } from "./drain-spool.ts";
import { EventSender } from "./event-sender.ts";

const route = "POST /sessions/*/events";
const log = createLog("error", () => undefined);
const typesIn = (server: ScriptedServer) => server.bodies(route).map((body) => Object(body).type);

async function senderFor(server: ScriptedServer) {
	const home = await temporaryFolder();
	const session = { session_id: randomUUID(), session_token: "session-token" };
	const api = new ApiClient({ server: server.url, fingerprint: "f".repeat(64) });
	const spool = new Spool(home.path, session.session_id, log.warn);
	const ended: string[] = [];
	const open = () =>
		new EventSender({
			spool: new Spool(home.path, session.session_id, log.warn),
			session,
			api,
			log,
			now: () => new Date(),
			newId: uuidv7,
			onGone: () => ended.push("gone"),
		});
	const sender = open();
	return {
		home,
		session,
		api,
		spool,
		sender,
		open,
		ended,
		async [Symbol.asyncDispose]() {
			await sender.close();
			await home[Symbol.asyncDispose]();
		},
	};
}

describe("events", () => {
	it("are on disk when report returns, and at the server soon after", async () => {
		await using server = await startScriptedServer();
		await using rig = await senderFor(server);
		const { sender, spool } = rig;
		sender.report("done", { message: "all tests pass" });
		spool.reload();
		expect(spool.first()).toMatchObject({ type: "done", details: { message: "all tests pass" } });
		const [request] = await server.waitFor(route);
		expect(request).toMatchObject({
			headers: { authorization: "Bearer session-token" },
			body: { id: spool.first()?.id },
		});
		await until(
			() => sender.waiting === 0,
			5000,
			() => "still waiting",
		);
	});

	it("that happen while the server is away arrive in order, once, with their ids (row 68)", async () => {
		await using server = await startScriptedServer();
		await using rig = await senderFor(server);
		const { sender, spool } = rig;
		await server.goDown();
		const ids = (["error", "permission", "done"] as const).map((type) => sender.report(type, {}));
		expect(sender.waiting).toBe(3);
		await server.comeBack();
		sender.wake();
		await server.waitFor(route, 3);
		await until(
			() => sender.waiting === 0,
			5000,
			() => "still waiting",
		);
		expect(typesIn(server)).toEqual(["error", "permission", "done"]);
		expect(server.bodies(route).map((body) => Object(body).id)).toEqual(ids);
		spool.reload();
		expect(spool.size).toBe(0);
	});

	it("do not cut the pause short that a struggling server was given", async () => {
		await using server = await startScriptedServer();
		server.on(route, () => refusal(503, "unavailable"));
		await using rig = await senderFor(server);
		rig.sender.report("error", {});
		await server.waitFor(route);
		for (let more = 0; more < 2; more++) {
			rig.sender.report("error", {});
			// Longer than a report waits before it is sent, shorter in all than the first pause (500 ms at least).
			await new Promise((passed) => setTimeout(passed, 60));
		}
		expect(server.bodies(route)).toHaveLength(1);
		expect(rig.sender.waiting).toBe(3);
	});

	it("are sent again with the same id when the answer was lost (row 68)", async () => {
		await using server = await startScriptedServer();
		await using rig = await senderFor(server);
		const { sender } = rig;
		let calls = 0;
		server.on(route, ({ body }) => {
			calls += 1;
			return calls === 1 ? { status: 502, body: "lost" } : { status: 200, body: accepted(body, "queued") };
		});
		const id = sender.report("done", {});
		await server.waitFor(route, 2);
		expect(server.bodies(route).map((body) => Object(body).id)).toEqual([id, id]);
	});

	it("that the server refuses for what they are do not hold back those behind them", async () => {
		await using server = await startScriptedServer();
		await using rig = await senderFor(server);
		const { sender } = rig;
		server.on(route, ({ body }) =>
			Object(body).type === "progress"
				? refusal(400, "invalid_request")
				: { status: 200, body: accepted(body, "queued") },
		);
		const refused = sender.resultOf(sender.report("progress", {}), 5000);
		const taken = sender.resultOf(sender.report("done", {}), 5000);
		expect(await refused).toBe("refused");
		expect(await taken).toMatchObject({ outcome: "queued" });
	});

	it("tell who waits what the server said, or that it is away", async () => {
		await using server = await startScriptedServer();
		await using rig = await senderFor(server);
		const { sender } = rig;
		server.on(route, ({ body }) => ({ status: 429, body: accepted(body, "limited", 90) }));
		expect(await sender.resultOf(sender.report("progress", {}), 5000)).toMatchObject({ outcome: "limited" });
		await server.goDown();
		expect(await sender.resultOf(sender.report("progress", {}), 50)).toBe("later");
	});

	it("end with their session: nothing is kept for a session that the server does not know", async () => {
		await using server = await startScriptedServer();
		await using rig = await senderFor(server);
		const { sender, spool, ended } = rig;
		server.on(route, () => refusal(401, "unauthorized"));
		sender.report("error", {});
		sender.report("done", {});
		await until(
			() => ended.length > 0,
			5000,
			() => "never told",
		);
		spool.reload();
		expect([ended, spool.size, server.bodies(route).length]).toEqual([["gone"], 0, 1]);
	});

	it("are cut to what the server takes, on whole characters (row 219)", async () => {
		await using server = await startScriptedServer();
		await using rig = await senderFor(server);
		const { sender } = rig;
		sender.report("error", { error_message: `${"x".repeat(4095)}👍`, tool_name: "Bash" });
		sender.report("error", {});
		await server.waitFor(route, 2);
		expect(server.bodies(route).map((body) => Object(body).details)).toEqual([
			{ error_message: "x".repeat(4095), tool_name: "Bash" },
			{},
		]);
	});

	it("are sent by one process at a time", async () => {
		await using server = await startScriptedServer();
		await using rig = await senderFor(server);
		const { spool, api, session } = rig;
		for (let at = 0; at < 20; at++) {
			spool.append({ id: uuidv7(), type: "progress", occurred_at: new Date().toISOString(), details: {} });
		}
		const states = await Promise.all(
			Array.from({ length: 4 }, async () => {
				const own = new Spool(spool.path.replace(/\/spool\/.*$/, ""), session.session_id, log.warn);
				return (await drainSpool({ spool: own, session, api, log })).state;
			}),
		);
		expect(states.sort()).toEqual(["busy", "busy", "busy", "empty"]);
		expect(server.bodies(route)).toHaveLength(20);
	});

	it("wait on disk for the next process when this one closes", async () => {
		await using server = await startScriptedServer();
		await using rig = await senderFor(server);
		const { sender, open } = rig;
		await server.goDown();
		const id = sender.report("done", {});
		await sender.close();
		await server.comeBack();
		const next = open();
		next.wake();
		const [request] = await server.waitFor(route);
		expect(request?.body).toMatchObject({ id });
		await next.close();
	});
});
