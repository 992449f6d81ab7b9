import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inLine, startInbox as session } from "../../tests/helpers/inbox-rig.ts";
import { type OfferedMessage, replyFromPhone, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { until } from "../../tests/helpers/until.ts";
import { Doorbell, waitAtDoor } from "./doorbell.ts";
import { injectedText } from "./texts.ts";
import type { ChannelEvent } from "./ways.ts";

const receipts = "POST /sessions/*/inbox/*/receipt";
/** What the client makes of a channel's event. */
const shownByChannel = (reply: OfferedMessage) =>
	`<channel source="plugin:notify:companion" sender="+1***8912" via="sms">\n${injectedText(reply)}\n</channel>`;
/** What the client makes of the words with which a hook ended. */
const rung = (words: string) =>
	`<task-notification>\n<summary>Reply from your phone</summary>\n</task-notification>\n<system-reminder>\n${words}\n</system-reminder>`;

function channel() {
	const events: ChannelEvent[] = [];
	return { events, channel: (event: ChannelEvent) => Promise.resolve(void events.push(event)) };
}

const some = (found: () => boolean, what: string) => until(found, 10_000, () => what);

async function door() {
	const folder = await temporaryFolder();
	const path = join(folder.path, "rewake", "1.sock");
	return { path, doorbell: new Doorbell(path), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe("a session whose inbox takes no messages", () => {
	it("gets a reply as an event of the channel, with its sender beside it (row 121)", async () => {
		await using server = await startScriptedServer();
		const { events, channel: send } = channel();
		await using rig = await session(server, { ways: { refused: () => true, channel: send } });
		const reply = replyFromPhone("run the tests");
		server.offer(reply);
		await some(() => events.length === 1, "no event");
		expect(events).toEqual([{ content: injectedText(reply), meta: { sender: "+1***8912", via: "sms" } }]);
		expect(rig.inbox.way).toBe("channel");
		expect(rig.inbox.onPrompt(shownByChannel(reply)).context).toHaveLength(1);
		expect(rig.inbox.onPrompt(shownByChannel(reply))).toEqual({ copy: true, context: [] });
		await server.waitFor(receipts, 2);
		expect(server.bodies(receipts)).toEqual([
			{ state: "delivered", via: "channel" },
			{ state: "seen", via: "channel" },
		]);
		expect(rig.client.texts).toEqual([]);
	});

	it("is known by its silence: the reply goes on by the channel, and the next one there at once (row 158)", async () => {
		await using server = await startScriptedServer();
		const { events, channel: send } = channel();
		await using rig = await session(server, { ways: { channel: send } });
		const [first, second] = [replyFromPhone("one"), replyFromPhone("two")];
		server.offer(first);
		await inLine(rig.client);
		await some(() => events.length === 1, "never went on to the channel");
		expect(rig.inbox.way).toBe("channel");
		server.offer(second);
		await some(() => events.length === 2, "the second never came");
		expect(rig.client.texts).toHaveLength(1);
		// It was slow, not deaf: what it shows counts, and it is the first way again.
		expect(rig.inbox.onPrompt(injectedText(first)).context).toHaveLength(1);
		expect(rig.inbox.onPrompt(shownByChannel(first))).toEqual({ copy: true, context: [] });
		expect(rig.inbox.way).toBe("socket");
	});

	it("is tried again with each reply where there is no other way: a slow client looks like one that refuses", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		server.offer(replyFromPhone("one"));
		await inLine(rig.client);
		await some(() => rig.inbox.way === "prompt", "its silence was never noticed");
		server.offer(replyFromPhone("two"));
		await inLine(rig.client, 2);
		expect(rig.inbox.take("tool")).toHaveLength(2);
	});

	it("is left out where a hook waits: that one brings the reply in at once", async () => {
		await using server = await startScriptedServer();
		await using at = await door();
		await using rig = await session(server, { ways: { doorbell: at.doorbell } });
		server.offer(replyFromPhone("one"));
		await some(() => rig.inbox.way === "rewake", "its silence was never noticed");
		expect(await waitAtDoor(at.path)).toContain("from their phone");
		expect(rig.inbox.take("rewake")).toHaveLength(1);
		const words = waitAtDoor(at.path);
		await some(() => at.doorbell.hasWaiter, "nobody waits");
		server.offer(replyFromPhone("two"));
		expect(await words).toContain("from their phone");
		expect(rig.client.texts).toHaveLength(1);
	});

	it("keeps what no way brought in, for the prompt and the tool (rows 153, 158)", async () => {
		await using server = await startScriptedServer();
		const refusing = () => Promise.reject(new Error("no"));
		await using rig = await session(server, { hasSocket: false, ways: { channel: refusing } });
		server.offer(replyFromPhone("one"));
		await some(() => rig.inbox.open === 1 && rig.inbox.way === "prompt", "never held");
		expect(rig.inbox.take("prompt")).toEqual([expect.stringContaining("> one")]);
		expect(rig.inbox.open).toBe(0);
	});
});

describe("a session without an inbox", () => {
	it("is woken by its waiting hook with a pointer alone; the replies come along with the prompt that it makes, once (row 162)", async () => {
		await using server = await startScriptedServer();
		await using at = await door();
		await using rig = await session(server, { hasSocket: false, ways: { doorbell: at.doorbell } });
		rig.inbox.turnStarted();
		server.offer(replyFromPhone("run the tests"));
		server.offer(replyFromPhone("then lint"));
		await some(() => rig.inbox.open === 2, "never came");
		const words = waitAtDoor(at.path);
		rig.inbox.turnEnded();
		expect(await words).not.toMatch(/run the tests|lint/);
		const first = rig.inbox.onPrompt(rung(await words));
		expect(first).toMatchObject({
			copy: false,
			context: [expect.stringContaining("> run the tests"), expect.stringContaining("> then lint")],
		});
		expect(rig.inbox.onPrompt(rung(await words))).toEqual({ copy: true, context: [] });
		await server.waitFor(receipts, 2);
		expect(server.bodies(receipts)).toEqual([
			{ state: "seen", via: "rewake" },
			{ state: "seen", via: "rewake" },
		]);
	});

	it("lets one hook wait at a time, and none longer than itself", async () => {
		await using server = await startScriptedServer();
		await using at = await door();
		await using rig = await session(server, { hasSocket: false, ways: { doorbell: at.doorbell } });
		await some(() => at.doorbell.isOpen, "never opened");
		expect(rig.inbox.way).toBe("rewake");
		const first = waitAtDoor(at.path);
		const second = waitAtDoor(at.path);
		const third = waitAtDoor(at.path);
		expect(await Promise.race([first, second, third])).toBe("");
		rig.inbox.close();
		expect(await Promise.all([first, second, third])).toEqual(["", "", ""]);
		expect(await waitAtDoor(at.path)).toBe("");
	});

	it("whose door cannot be opened has its replies with the next prompt all the same", async () => {
		await using server = await startScriptedServer();
		await using folder = await temporaryFolder();
		await writeFile(join(folder.path, "rewake"), "a file is in the way");
		const doorbell = new Doorbell(join(folder.path, "rewake", "1.sock"));
		await using rig = await session(server, { hasSocket: false, ways: { doorbell } });
		server.offer(replyFromPhone("one"));
		await some(() => rig.inbox.open === 1, "never came");
		expect(rig.inbox.way).toBe("prompt");
		expect(rig.inbox.take("prompt")).toHaveLength(1);
		server.offer(replyFromPhone("two"));
		await some(() => rig.inbox.open === 1, "the second never came");
	});

	it("is not woken in the middle of a turn, and not for what came while nobody was there", async () => {
		await using server = await startScriptedServer();
		await using at = await door();
		server.offer(replyFromPhone("old"));
		await using rig = await session(server, { hasSocket: false, resumed: true, ways: { doorbell: at.doorbell } });
		await some(() => rig.inbox.open === 1, "never came");
		let words: string | undefined;
		const waiting = waitAtDoor(at.path).then((text) => {
			words = text;
		});
		await server.waitFor("GET /sessions/*/inbox", 4);
		expect(words).toBeUndefined();
		rig.inbox.turnStarted();
		await server.waitFor("GET /sessions/*/inbox", 6);
		expect(words).toBeUndefined();
		rig.inbox.turnEnded();
		await waiting;
		expect(words).toContain("from their phone");
	});
});

describe("many replies at once", () => {
	it("stand in line a few at a time and keep their order", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		rig.inbox.turnStarted();
		const replies = Array.from({ length: 20 }, (_, at) => replyFromPhone(`number ${at}`));
		for (const each of replies) server.offer(each);
		await inLine(rig.client, 8);
		await server.waitFor(receipts, 8);
		expect(rig.client.texts).toHaveLength(8);
		// The person types something themselves: what stands behind those in line does not overtake them.
		expect(rig.inbox.take("prompt")).toEqual([]);
		for (const [at, each] of replies.entries()) {
			await inLine(rig.client, at + 1);
			rig.inbox.onPrompt(injectedText(each));
		}
		expect(rig.client.texts).toEqual(replies.map(injectedText));
	});
});

describe("a busy session", () => {
	it("has what waits told after a tool call, and what its line has passed over twice (row 152)", async () => {
		await using server = await startScriptedServer();
		await using rig = await session(server);
		rig.inbox.turnStarted();
		const reply = replyFromPhone("use staging");
		server.offer(reply);
		await inLine(rig.client);
		expect(rig.inbox.afterTool()).toEqual([]);
		expect(rig.inbox.afterTool()).toEqual([]);
		const told = await until(
			() => rig.inbox.afterTool()[0],
			10_000,
			() => "never told",
		);
		expect(told).toContain("> use staging");
		expect(rig.inbox.onPrompt(injectedText(reply))).toEqual({ copy: true, context: [] });
	});
});
