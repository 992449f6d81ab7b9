import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type InboxPage, readInbox } from "../server/domain/read-inbox.ts";
import { receiveInbound } from "../server/domain/receive-inbound.ts";
import { recordInboxReceipt } from "../server/domain/record-inbox-receipt.ts";
import { createInboxBus, type RunningInboxBus } from "../server/inbox-bus.ts";
import type { InboxReceipt } from "../src/contract/inbox.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { longPoll } from "./helpers/long-poll.ts";
import {
	inboxOf,
	type ReplyWorld,
	replyWorld,
	type SeededUser,
	seedSession,
	seedUser,
	sms,
} from "./helpers/reply-world.ts";

describe.each(databases)("the inbox on $name", ({ open }) => {
	let database: TestDatabase;
	let world: ReplyWorld;
	let user: SeededUser;
	let sessionId: string;

	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());
	beforeEach(async () => {
		world = replyWorld(database.db);
		user = await seedUser(world.deps);
		sessionId = await seedSession(database.db, user, "b");
	});

	async function reply(text: string): Promise<string> {
		const stored = await receiveInbound(world.deps, sms(user, text));
		if (stored.outcome !== "stored") throw new Error(`not stored: ${stored.outcome}`);
		return stored.id;
	}
	const read = (after = 0) => readInbox(world.deps, { sessionId, after });
	const textsAfter = async (after: number) => (await read(after)).messages.map((message) => message.text);
	const settle = (id: string, state: InboxReceipt["state"], more: Partial<InboxReceipt> = {}) =>
		recordInboxReceipt(world.deps, { sessionId, id }, { state, via: "socket", ...more });
	const statesOf = async () => (await inboxOf(database.db, sessionId)).map((message) => message.state);

	describe("reading", () => {
		it("gives what waits in order, with sender and time in fields of their own", async () => {
			await reply("one");
			await reply("two");
			const { messages } = await read();
			expect(messages.map((message) => message.text)).toEqual(["one", "two"]);
			expect(messages[0]).toEqual({
				id: expect.any(String),
				ref: expect.stringMatching(/^[a-z0-9]{8}$/),
				kind: "reply",
				text: "one",
				from: { channel: "sms", label: `+1***${user.number.slice(-4)}` },
				created_at: expect.stringMatching(/^\d{4}-.*Z$/),
			});
		});

		it("leases what it gives: the same companion does not get it again within 30 s, and does afterwards", async () => {
			await reply("one");
			const { cursor } = await read();
			expect(await textsAfter(cursor)).toEqual([]);
			await travel(database.db, "29 seconds");
			expect(await textsAfter(cursor)).toEqual([]);
			await travel(database.db, "2 seconds");
			expect(await textsAfter(cursor)).toEqual(["one"]);
			expect(await textsAfter(cursor)).toEqual([]);
		});

		it("gives a new companion everything that is not settled, at once", async () => {
			const [one, two] = [await reply("one"), await reply("two")];
			await reply("three");
			await read();
			await settle(one, "seen");
			await settle(two, "delivered");
			expect(await textsAfter(0)).toEqual(["two", "three"]);
			expect(await statesOf()).toEqual(["seen", "delivered", "leased"]);
		});

		it("gives a late one although the cursor has passed it", async () => {
			await reply("one");
			const { cursor } = await read();
			await reply("two");
			expect(await textsAfter(cursor + 1000)).toEqual(["two"]);
		});

		it("gives 20 at a time and the rest at the next", async () => {
			for (let at = 1; at <= 25; at++) {
				await reply(`${at}`);
				if (at % 10 === 0) await travel(database.db, "61 seconds");
			}
			const first = await read();
			const second = await read(first.cursor);
			expect([...first.messages, ...second.messages].map((message) => Number(message.text))).toEqual(
				Array.from({ length: 25 }, (_, at) => at + 1),
			);
			expect(first.messages).toHaveLength(20);
		});

		it("never gives one session's replies to another", async () => {
			await reply("one");
			const other = await seedSession(database.db, user, "d");
			expect((await readInbox(world.deps, { sessionId: other, after: 0 })).messages).toEqual([]);
		});

		it("gives a reply to one of two companions that ask at the same moment with its cursor behind them", async () => {
			await reply("one");
			const after = Number.MAX_SAFE_INTEGER;
			const pages = await Promise.all(Array.from({ length: 5 }, () => read(after)));
			expect(pages.flatMap((page) => page.messages)).toHaveLength(1);
		});
	});

	describe("waiting", () => {
		let bus: RunningInboxBus;
		/** The answer of a long-poll over a socket. */
		async function wait(
			options: { ms?: number; signal?: AbortSignal; stopped?: () => boolean } = {},
		): Promise<Pick<InboxPage, "messages">> {
			const { ms: waitMs = 10_000, ...more } = options;
			const { status, body } = await longPoll({
				...more,
				bus,
				log: world.deps.log,
				sessionId,
				waitMs,
				look: () => read(),
			});
			return status === 204 ? { messages: [] } : JSON.parse(body);
		}

		beforeEach(() => {
			bus = createInboxBus(database.db, { log: world.deps.log, pollMs: 50 });
			return () => bus.close();
		});

		it("is woken by the reply in the same process", async () => {
			const quiet = createInboxBus(database.db, { log: world.deps.log, pollMs: 3_600_000 });
			bus = quiet;
			const waiting = wait();
			await receiveInbound({ ...world.deps, inboxBus: quiet }, sms(user, "go"));
			expect((await waiting).messages.map((message) => message.text)).toEqual(["go"]);
			await quiet.close();
		});

		it("finds by its poll what another instance stored", async () => {
			const waiting = wait();
			await reply("from elsewhere");
			expect((await waiting).messages.map((message) => message.text)).toEqual(["from elsewhere"]);
		});

		it("misses no reply that arrives while it looks", async () => {
			for (let round = 0; round < 9; round++) {
				bus = createInboxBus(database.db, { log: world.deps.log, pollMs: 3_600_000 });
				const [page] = await Promise.all([
					wait(),
					receiveInbound({ ...world.deps, inboxBus: bus }, sms(user, `${round}`)),
				]);
				const [message] = page.messages;
				expect(message?.text).toBe(`${round}`);
				await settle(message?.id ?? "", "seen");
				await bus.close();
			}
		});

		it("ends with nothing after its time", async () => {
			expect((await wait({ ms: 30 })).messages).toEqual([]);
		});

		it("ends when the caller goes away, who gets no lease then", async () => {
			const caller = new AbortController();
			const waiting = wait({ signal: caller.signal });
			caller.abort();
			await expect(waiting).rejects.toThrow(/abort/);
			await reply("too late");
			await bus.close();
			expect(await statesOf()).toEqual(["queued"]);
		});

		it("ends at once when the server shuts down", async () => {
			let stopped = false;
			const waiting = wait({ stopped: () => stopped });
			stopped = true;
			await bus.close();
			expect((await waiting).messages).toEqual([]);
			expect((await wait({ stopped: () => stopped })).messages).toEqual([]);
		});
	});
});
