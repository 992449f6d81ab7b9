import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { inLine, startInbox as session } from "../../tests/helpers/inbox-rig.ts";
import { replyFromPhone, type ScriptedServer, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { until } from "../../tests/helpers/until.ts";
import { injectedText } from "./texts.ts";

const receipts = "POST /sessions/*/inbox/*/receipt";
const receiptsOf = (server: ScriptedServer) => server.bodies(receipts);

describe("a reply from the phone", () => {
	it("goes to the session's inbox, and counts as seen only when a prompt shows it (row 121)", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		const { inbox, client } = rig;
		const reply = replyFromPhone("run the tests");
		server.offer(reply);
		await inLine(client);
		expect(client.texts).toEqual([injectedText(reply)]);
		await server.waitFor(receipts);
		expect(receiptsOf(server)).toEqual([{ state: "delivered", via: "socket" }]);
		expect(inbox.onPrompt(injectedText(reply))).toMatchObject({
			copy: false,
			context: [expect.stringContaining("+1***8912")],
		});
		await server.waitFor(receipts, 2);
		expect(receiptsOf(server)[1]).toEqual({ state: "seen", via: "socket" });
	});

	it("that an idle session does not show within two seconds goes with the next prompt, and its late copy is stopped", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		const { inbox, client } = rig;
		const reply = replyFromPhone("run the tests");
		server.offer(reply);
		await inLine(client);
		const taken = await until(
			() => inbox.take("prompt")[0],
			8000,
			() => "never given up on the socket",
		);
		expect(taken).toContain("> run the tests");
		expect(inbox.onPrompt(injectedText(reply))).toEqual({ copy: true, context: [] });
		await server.waitFor(receipts, 2);
		expect(receiptsOf(server).at(-1)).toEqual({ state: "seen", via: "prompt" });
	});

	it("stays in line while a turn runs, however long that takes", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		const { inbox, client } = rig;
		inbox.turnStarted();
		const reply = replyFromPhone("use staging");
		server.offer(reply);
		await inLine(client);
		await new Promise((passed) => setTimeout(passed, 2300));
		expect(inbox.take("prompt")).toEqual([]);
		inbox.turnEnded();
		await until(
			() => inbox.take("prompt")[0],
			8000,
			() => "kept in line after the turn",
		);
	});

	it("of many at once: the client drops what its inbox gets too fast, so the rest comes beside the prompts, in order (row 123)", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		const { inbox, client } = rig;
		const replies = Array.from({ length: 30 }, (_, n) => replyFromPhone(`step ${String(n).padStart(2, "0")}.`));
		for (const reply of replies) server.offer(reply);
		const told: string[] = [];
		const showAll = () => {
			for (const prompt of client.texts.splice(0)) {
				inbox.onPrompt(prompt);
				told.push(prompt, ...inbox.take("prompt"));
			}
		};
		// Eight stand in line at most, and twelve may at first: the second time four come, not eight.
		for (const inLine of [8, 4]) {
			await until(
				() => client.texts.length >= inLine,
				20_000,
				() => `${client.texts.length} of ${inLine} stand in line`,
			);
			await sleep(300);
			expect(client.texts.length).toBeLessThan(inLine + 4);
			showAll();
		}
		await until(
			() => {
				showAll();
				return inbox.open === 0;
			},
			20_000,
			() => `${inbox.open} wait`,
		);
		const steps = told.join("\n").match(/step \d\d/g) ?? [];
		expect(steps).toEqual(replies.map((_, n) => `step ${String(n).padStart(2, "0")}`));
		expect(told.filter((each) => !each.startsWith("Your user")).length).toBeLessThan(24);
	});

	it("waits for the next prompt where the session has no inbox", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server, { hasSocket: false });
		const { inbox } = rig;
		server.offer(replyFromPhone("look at the log"));
		const text = await until(
			() => inbox.take("prompt")[0],
			5000,
			() => "never came",
		);
		expect(text).toContain("> look at the log");
		await server.waitFor(receipts);
		expect(receiptsOf(server)).toEqual([{ state: "seen", via: "prompt" }]);
	});

	it("waits for the next prompt when the inbox is not there any more", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		const { inbox, client } = rig;
		await client[Symbol.asyncDispose]();
		server.offer(replyFromPhone("look at the log"));
		await until(
			() => inbox.take("prompt")[0],
			5000,
			() => "never came",
		);
	});

	it("that came while nobody was there starts no turn, and goes in before a newer one", async () => {
		await using server = await startScriptedServer();
		server.offer(replyFromPhone("go on with step two"));
		await using rig = await session(server, { resumed: true });
		const { inbox, client } = rig;
		await server.waitFor("GET /sessions/*/inbox", 2);
		expect([inbox.open, client.texts]).toEqual([1, []]);
		server.offer(replyFromPhone("and this is new"));
		await inLine(client, 2);
		expect(client.texts[0]).toContain("go on with step two");
		expect(client.texts[1]).toContain("and this is new");
	});

	it("that came while nobody was there goes with the first prompt", async () => {
		await using server = await startScriptedServer();
		server.offer(replyFromPhone("go on with step two"));
		await using rig = await session(server, { resumed: true });
		await server.waitFor("GET /sessions/*/inbox", 2);
		expect(rig.inbox.take("prompt")).toEqual([expect.stringContaining("> go on with step two")]);
		expect(rig.client.texts).toEqual([]);
	});

	it("waits until the conversation holds what was given before it beside a prompt: the client may not have waited for our answer (row 123)", async () => {
		await using server = await startScriptedServer();
		server.offer(replyFromPhone("go on with step two"));
		let written = false;
		await using rig = await session(server, { resumed: true, isWritten: () => written });
		const { inbox, client } = rig;
		await server.waitFor("GET /sessions/*/inbox", 2);
		expect(inbox.take("prompt")).toHaveLength(1);
		server.offer(replyFromPhone("and this is new"));
		await until(
			() => inbox.open === 1,
			5000,
			() => "never read",
		);
		await new Promise((passed) => setTimeout(passed, 700));
		expect([client.texts, inbox.take("tool")]).toEqual([[], []]);
		written = true;
		await inLine(client);
		expect(client.texts).toEqual([expect.stringContaining("and this is new")]);
	});

	it("that is read only after the first turn of a resumed session does not wait for the second", async () => {
		await using server = await startScriptedServer();
		server.offer(replyFromPhone("go on with step two"));
		await server.goDown();
		await using rig = await session(server, { resumed: true });
		const { inbox, client } = rig;
		inbox.turnStarted();
		inbox.turnEnded();
		await server.comeBack();
		await inLine(client);
		expect(client.texts[0]).toContain("go on with step two");
	});

	it("can be fetched by the tool, and then its place in line counts no more", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		const { inbox, client } = rig;
		const reply = replyFromPhone("x");
		server.offer(reply);
		await inLine(client);
		expect(inbox.take("tool")).toHaveLength(1);
		expect(inbox.onPrompt(injectedText(reply)).copy).toBe(true);
	});

	it("that the server offers again is not brought again; it is told what became of it", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		const { inbox, client } = rig;
		const reply = replyFromPhone("once");
		server.offer(reply);
		await inLine(client);
		server.offer(reply);
		await server.waitFor(receipts, 2);
		inbox.onPrompt(injectedText(reply));
		await server.waitFor(receipts, 3);
		server.offer(reply);
		await server.waitFor(receipts, 4);
		expect(client.texts).toHaveLength(1);
		expect(receiptsOf(server).map((receipt) => Object(receipt).state)).toEqual([
			"delivered",
			"delivered",
			"seen",
			"seen",
		]);
	});

	it("that the session had before a crash is not brought again", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		const { client, given, inbox } = rig;
		const reply = replyFromPhone("once");
		given.set(reply.ref, "prompt");
		server.offer(reply);
		await server.waitFor(receipts);
		expect(receiptsOf(server)).toEqual([{ state: "seen", via: "prompt" }]);
		expect([client.texts, inbox.open]).toEqual([[], 0]);
	});

	it("is told as seen when the server is back, if it was away meanwhile", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		const { inbox, client } = rig;
		const reply = replyFromPhone("x");
		server.offer(reply);
		await inLine(client);
		await server.waitFor(receipts);
		server.on(receipts, () => ({ status: 503, body: "x" }));
		inbox.onPrompt(injectedText(reply));
		await server.waitFor(receipts, 2);
		server.on(receipts, ({ path, body }) => ({
			status: 200,
			body: { id: path.split("/")[4], state: Object(body).state },
		}));
		await server.waitFor(receipts, 3);
		expect(receiptsOf(server).at(-1)).toEqual({ state: "seen", via: "socket" });
	});
});
