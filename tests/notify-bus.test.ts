import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { listenUrl } from "../server/db/pooled-url.ts";
import { type NotifyBusOptions, startNotifyBus } from "../server/notify-bus.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { until } from "./helpers/until.ts";

const silent = () => undefined;

describe("the hints between instances", () => {
	let database: TestDatabase;
	beforeAll(async () => {
		database = await databases[1].open();
	});
	afterAll(() => database.close());

	/** One instance, connected, with what it heard and logged. */
	async function instance(more: Partial<NotifyBusOptions> = {}) {
		const heard: string[] = [];
		const logged: string[] = [];
		const note = (_fields: object, message: string) => void logged.push(message);
		const bus = startNotifyBus({
			url: database.url,
			instance: uuidv7(),
			log: { debug: silent, info: note, warn: note, error: note },
			onOutbox: () => void heard.push("outbox"),
			onSession: (id) => void heard.push(id),
			...more,
		});
		onTestFinished(() => bus.close());
		// Whoever has just connected looks for what it may have missed.
		await reached(heard, 1);
		heard.length = 0;
		return { bus, heard, logged };
	}
	const reached = (heard: string[], count: number) =>
		until(
			() => heard.length >= count,
			8000,
			() => `only ${heard.join()} was heard`,
		);

	it("reach every other instance and not the one that told", async () => {
		const [first, second, third] = [await instance(), await instance(), await instance()];
		first.bus.tellSession("a");
		first.bus.tellOutbox();
		second.bus.tellSession("b");
		await reached(third.heard, 3);
		await Promise.all([reached(first.heard, 1), reached(second.heard, 2)]);
		expect(third.heard.toSorted()).toEqual(["a", "b", "outbox"]);
		expect(first.heard).toEqual(["b"]);
		expect(second.heard.toSorted()).toEqual(["a", "outbox"]);
	});

	it("are gathered: a thousand commits are few notifications, and none is longer than PostgreSQL takes", async () => {
		const [first, second] = [await instance({ gapMs: 30 }), await instance()];
		const ids = Array.from({ length: 400 }, () => uuidv7());
		for (const id of [...ids, ...ids]) first.bus.tellSession(id);
		for (let n = 0; n < 200; n++) first.bus.tellOutbox();
		await reached(second.heard, 401);
		await sleep(100);
		expect(second.heard.toSorted()).toEqual([...ids, "outbox"].toSorted());
	});

	it("told just before the end still arrive", async () => {
		const [first, second] = [await instance({ gapMs: 50 }), await instance()];
		first.bus.tellSession("a");
		await reached(second.heard, 1);
		first.bus.tellSession("b");
		await first.bus.close();
		await reached(second.heard, 2);
		expect(second.heard).toEqual(["a", "b"]);
	});

	it("come again by themselves when a connection dies without a word, which is said once", async () => {
		const proxy = await silentProxy(database.url ?? "");
		const options = { url: proxy.url, pingMs: 200, retryMs: [10] };
		const [first, second] = [await instance(options), await instance()];
		proxy.goSilent();
		await reached(first.heard, 1);
		second.bus.tellSession("a");
		await reached(first.heard, 2);
		expect(first.heard).toEqual(["outbox", "a"]);
		expect(first.logged).toEqual([
			"other instances of the server cannot be heard; looking once a second",
			"other instances of the server are heard again",
		]);
	});

	it("cost nothing where there is nothing to connect to, and do not hold up the end", async () => {
		const logged: string[] = [];
		const log = {
			debug: silent,
			info: silent,
			warn: (_: object, message: string) => void logged.push(message),
			error: silent,
		};
		const options = { instance: uuidv7(), log, onOutbox: silent, onSession: silent, retryMs: [10] };
		const unreachable = startNotifyBus({ ...options, url: "postgres://nobody@127.0.0.1:1/none" });
		const none = startNotifyBus({ ...options, url: undefined });
		await until(
			() => logged.length > 0,
			5000,
			() => "nothing was logged",
		);
		await sleep(100);
		for (const bus of [unreachable, none]) {
			bus.tellOutbox();
			bus.tellSession("a");
			await bus.close();
		}
		expect(logged).toHaveLength(1);
	});
});

describe("where instances listen", () => {
	const [direct, pooled] = ["postgres://u@db.example/n", "postgres://u@ep-cool-1-pooler.eu-central-1.aws.neon.tech/n"];
	it.each([
		["the embedded database, alone", undefined, undefined, undefined],
		["a database without a pooler", direct, undefined, direct],
		["Neon's pooler", pooled, undefined, undefined],
		["Neon's pooler, and the way past it", pooled, direct, direct],
		["another pooler that says so", `${direct}?pgbouncer=true`, undefined, undefined],
		["another pooler, and the way past it", `${direct}?pgbouncer=true`, direct, direct],
		["a database without a pooler and another address", direct, `${direct}2`, `${direct}2`],
	])("%s", (_case, url, directUrl, expected) => {
		expect(listenUrl(url, directUrl)).toBe(expected);
	});
});

/** Passes connections on until it is told to go silent; those that come after are passed on again. */
async function silentProxy(url: string) {
	const { hostname, port } = new URL(url);
	const open: Socket[] = [];
	const server = createServer((socket) => {
		const to = connect(Number(port || 5432), hostname);
		open.push(socket, to);
		for (const each of [socket, to]) each.on("error", silent);
		socket.pipe(to).pipe(socket);
	});
	await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
	onTestFinished(() => {
		for (const socket of open) socket.destroy();
		server.close();
	});
	const address = server.address();
	const through = new URL(url);
	through.host = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
	return {
		url: through.href,
		goSilent() {
			for (const socket of open) socket.unpipe().pause();
		},
	};
}
