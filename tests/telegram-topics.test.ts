import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTelegramRig, type TelegramRig, web } from "./helpers/telegram-rig.ts";

let rig: TelegramRig;
beforeEach(async () => {
	rig = await openTelegramRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

describe("topics", () => {
	beforeEach(async () => {
		await rig[Symbol.asyncDispose]();
		rig = await openTelegramRig({ topics: true });
	});

	it("keep the messages of each session together, even of two that go out at once", async () => {
		const results = await Promise.all([
			rig.send(rig.event("done", { message: "1" })),
			rig.send(rig.event("error", { error_message: "2" })),
			rig.send(rig.event("done", { message: "3" }, web)),
		]);
		const threads = results.map((result) => rig.threadOf(result) ?? "");
		expect(threads[0]).toBe(threads[1]);
		expect(threads[0]).not.toBe(threads[2]);
		expect(rig.called("createForumTopic").map(({ params }) => params["name"])).toEqual([
			"(b) migrate billing",
			"(b) migrate billing",
		]);
		expect(rig.telegram.sent.map(({ threadId }) => String(threadId)).sort()).toEqual([...threads].sort());
	});

	it("go on after a restart of the server, by what was stored", async () => {
		const first = await rig.send(rig.event("done", { message: "1" }));
		rig.restart();
		const second = await rig.send(rig.event("done", { message: "2" }), { thread: rig.threadOf(first) });
		expect(rig.threadOf(second)).toBe(rig.threadOf(first));
		expect(rig.called("createForumTopic")).toHaveLength(1);
	});

	it("are made anew when the person deleted one, once for all messages that come to it", async () => {
		const first = await rig.send(rig.event("done", { message: "1" }));
		rig.ann.deleteTopic(Number(rig.threadOf(first)));
		const later = await Promise.all(
			["2", "3"].map((message) => rig.send(rig.event("done", { message }), { thread: rig.threadOf(first) })),
		);
		expect(rig.called("createForumTopic")).toHaveLength(2);
		expect(new Set(later.map((result) => rig.threadOf(result))).size).toBe(1);
		expect(rig.threadOf(later[0])).not.toBe(rig.threadOf(first));
		const last = await rig.send(rig.event("done", { message: "4" }), { thread: rig.threadOf(later[0]) });
		expect(rig.threadOf(last)).toBe(rig.threadOf(later[0]));
		expect(rig.called("createForumTopic")).toHaveLength(2);
	});

	it("are told before anything stands in them, once each: an answer can come at once", async () => {
		const told: [thread: string, sentBefore: number][] = [];
		const onThread = (thread: string) => {
			told.push([thread, rig.telegram.sent.length]);
			return Promise.resolve();
		};
		const first = rig.threadOf(await rig.send(rig.event("done", { message: "1" }), { onThread }));
		await rig.send(rig.event("done", { message: "2" }), { onThread, thread: first });
		rig.ann.deleteTopic(Number(first));
		const third = rig.threadOf(await rig.send(rig.event("done", { message: "3" }), { onThread, thread: first }));
		expect(told).toEqual([
			[first, 0],
			[third, 2],
		]);
	});

	it("hold what is about a session only", async () => {
		expect(await rig.send("Your code")).toMatchObject({ ok: true });
		expect(rig.telegram.sent[0]?.threadId).toBeUndefined();
	});

	it("make a message wait when Telegram is busy while one is opened", async () => {
		rig.telegram.next({
			on: "createForumTopic",
			kind: "answer",
			status: 429,
			description: "Too Many Requests: retry after 4",
			parameters: { retry_after: 4 },
		});
		expect(await rig.send(rig.event("done", {}))).toMatchObject({ ok: false, retryable: true, retryAfterMs: 4000 });
		expect(rig.telegram.sent).toEqual([]);
		expect(rig.threadOf(await rig.send(rig.event("done", {})))).toEqual(expect.any(String));
	});
});

describe("a group", () => {
	it("that is a forum gets a topic a session (row 102)", async () => {
		const group = rig.telegram.group({ forum: true });
		const address = `${group.id}/${rig.ann.id}`;
		const first = await rig.send(rig.event("done", { message: "1" }), {}, address);
		expect(rig.telegram.sent).toMatchObject([{ chatId: group.id, threadId: Number(rig.threadOf(first)) }]);
		group.deleteTopic(Number(rig.threadOf(first)));
		const second = await rig.send(rig.event("done", { message: "2" }), { thread: rig.threadOf(first) }, address);
		expect(second).toMatchObject({ ok: true });
		expect(rig.threadOf(second)).not.toBe(rig.threadOf(first));
	});

	it("that has no topics, or none that the bot may open, is asked once (row 102)", async () => {
		for (const group of [rig.telegram.group({ supergroup: true }), rig.telegram.group({ forum: true, admin: false })]) {
			const before = rig.called("createForumTopic").length;
			for (const message of ["1", "2"]) {
				const result = await rig.send(rig.event("done", { message }), {}, String(group.id));
				expect(result).toMatchObject({ ok: true });
				expect(rig.threadOf(result)).toBeUndefined();
			}
			expect(rig.called("createForumTopic").length - before).toBe(1);
		}
		await rig.send(rig.event("done", {}), {}, String(rig.telegram.group().id));
		expect(rig.called("createForumTopic")).toHaveLength(2);
	});

	it("is followed to where it went, with its person (row 102)", async () => {
		const group = rig.telegram.group({ title: "Builders" });
		const old = group.id;
		const now = await group.migrate(rig.ann);
		const moved = await rig.send(rig.event("done", {}), {}, `${old}/${rig.ann.id}`);
		expect(moved).toEqual({
			ok: true,
			providerId: String(rig.telegram.sent.at(-1)?.messageId),
			movedTo: { address: `${now}/${rig.ann.id}`, label: `Builders (…${String(now).slice(-4)})` },
		});
		expect(rig.telegram.sent.at(-1)?.chatId).toBe(now);
		expect(await rig.send("typed by id", {}, String(old))).toMatchObject({ movedTo: { address: String(now) } });
	});
});
