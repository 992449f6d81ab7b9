import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { startSession } from "./helpers/reply-server.ts";
import { inboxOf } from "./helpers/reply-world.ts";
import { serverStarter } from "./helpers/server-process.ts";
import { startTelegramEmulator, type TelegramEmulator } from "./helpers/telegram-emulator.ts";
import { pairByLink, startTelegramServer } from "./helpers/telegram-reply-server.ts";
import { until } from "./helpers/until.ts";

describe("several servers on one PostgreSQL and one bot", () => {
	let start: Awaited<ReturnType<typeof serverStarter>>;
	let folder: string;
	let database: TestDatabase;
	let telegram: TelegramEmulator;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "claude-notify-pollers-"));
		start = await serverStarter(folder);
	});
	afterAll(() => rm(folder, { recursive: true, force: true }));
	beforeEach(async () => {
		database = await databases[1].open();
		telegram = await startTelegramEmulator();
	});
	afterEach(async () => {
		await telegram[Symbol.asyncDispose]();
		expect(telegram.violations).toEqual([]);
		await database.close();
	});

	const server = () => startTelegramServer({ database, telegram, mode: "polling" });
	const polls = () => telegram.attempts.filter(({ method }) => method === "getUpdates").length;
	// The first poll may have begun before the server said its address, and lasts until there is something.
	const polling = () =>
		until(
			() => polls() > 0,
			30_000,
			() => "nobody polls",
		);
	const texts = async (session: string) => (await inboxOf(database.db, session)).map(({ text }) => text);
	const arrived = (session: string, count: number) =>
		until(
			async () => (await texts(session)).length >= count,
			30_000,
			() => `fewer than ${count} came`,
		);

	it("have exactly one poller, and the other one takes over when it stops", { timeout: 90_000 }, async () => {
		const servers = await Promise.all([server(), server(), server()]);
		const [any] = servers;
		if (any === undefined) throw new Error("no server");
		const ann = telegram.person();
		const { headers } = await pairByLink(any, ann);
		const { id } = await startSession(any, { headers });
		let count = 0;
		for (const each of servers) {
			for (let n = 0; n < 3; n++) await ann.send(`b message ${++count}`);
			await arrived(id, count);
			// Longer than it takes the others to look whether it is their turn.
			await new Promise((done) => setTimeout(done, 5500));
			await each[Symbol.asyncDispose]();
		}
		expect(await texts(id)).toEqual(Array.from({ length: count }, (_, n) => `message ${n + 1}`));
		expect(telegram.conflicts).toBe(0);
	});

	it("have another poller when the first one is killed, as soon as its lease is over", {
		timeout: 90_000,
	}, async () => {
		await using first = start({
			DATABASE_URL: database.url ?? "",
			DATA_DIR: database.dataDir,
			TELEGRAM_BOT_TOKEN: telegram.token,
			TELEGRAM_BASE_URL: telegram.baseUrl,
		});
		await first.address();
		await polling();
		await using second = await server();
		const ann = telegram.person();
		const { headers } = await pairByLink(second, ann);
		const { id } = await startSession(second, { headers });
		await ann.send("b taken by the first");
		await arrived(id, 1);
		first.child.kill("SIGKILL");
		await first.ended;
		await ann.send("b taken by the second");
		// Its lease holds still: what a network that is only slow must not lead to is two pollers.
		await new Promise((done) => setTimeout(done, 5500));
		expect(await texts(id)).toEqual(["taken by the first"]);
		await travel(database.db, "15 seconds");
		await arrived(id, 2);
		expect(await texts(id)).toEqual(["taken by the first", "taken by the second"]);
		expect(telegram.conflicts).toBe(0);
	});
});
