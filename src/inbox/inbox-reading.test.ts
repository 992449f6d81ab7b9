import { describe, expect, it } from "vitest";
import { inLine, startInbox as session } from "../../tests/helpers/inbox-rig.ts";
import { refusal, replyFromPhone, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { until } from "../../tests/helpers/until.ts";

describe("waiting for replies", () => {
	it("goes on after the server was away (row 123)", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		const { inbox, client } = rig;
		await server.waitFor("GET /sessions/*/inbox");
		await server.goDown();
		await server.comeBack();
		server.offer(replyFromPhone("still here"));
		inbox.wake();
		await inLine(client);
	});

	it("of a companion that was started again lets nothing newer in before what the session turns out not to have", async () => {
		await using server = await startScriptedServer();
		const older = { ...replyFromPhone("older"), created_at: "2026-11-20T14:02:00.000Z" };
		server.offer(replyFromPhone("newer"));
		await using rig = await session(server, { resumed: "restarted", lost: [older] });
		const { inbox, client } = rig;
		inbox.turnStarted();
		await inbox.turnEnded();
		await inLine(client, 2);
		expect(client.texts.map((text) => text.split("\n")[0])).toEqual(["older", "newer"]);
	});

	it("asks on from where it is", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		const { client } = rig;
		server.offer(replyFromPhone("one"));
		await inLine(client);
		const requests = await server.waitFor("GET /sessions/*/inbox", 2);
		expect(requests.slice(0, 2).map(({ query }) => query.get("after"))).toEqual(["0", "1"]);
	});

	it("ends with the session", async () => {
		await using server = await startScriptedServer();
		server.on("GET /sessions/*/inbox", () => refusal(404, "session_not_found"));
		await using rig = await session(server);
		const { gone } = rig;
		await until(
			() => gone() === 1,
			5000,
			() => "never told",
		);
		expect(server.requests).toHaveLength(1);
	});

	it("takes a server that lost its mind easy", async () => {
		await using server = await startScriptedServer();
		server.on("GET /sessions/*/inbox", () => ({ status: 200, body: { messages: [{ ref: "x" }], cursor: 1 } }));
		await using rig = await session(server);
		const { inbox } = rig;
		await server.waitFor("GET /sessions/*/inbox");
		expect(inbox.open).toBe(0);
		expect(server.requests.length).toBeLessThan(3);
	});
});
