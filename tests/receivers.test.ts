import { DrizzleQueryError } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Channel } from "../server/channels/channel.ts";
import { inbound, leases } from "../server/db/schema.ts";
import { type Receivers, startReceivers } from "../server/receivers.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addUser, type TestDeps, testChannel, testDeps } from "./helpers/fixture.ts";
import { until } from "./helpers/until.ts";

type Receive = NonNullable<Channel["receive"]>;

const waits = { failures: [10, 20], idle: 50, healthy: 60_000 };
const aborted = (signal: AbortSignal) =>
	new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
const count = (text: string, part: string) => text.split(part).length - 1;

describe.each(databases)("receivers on $name", ({ open }) => {
	let database: TestDatabase;
	const running: Receivers[] = [];
	beforeAll(async () => {
		database = await open();
	});
	beforeEach(() => database.db.delete(leases));
	afterEach(async () => {
		for (const receivers of running.splice(0)) await receivers.stop();
	});
	afterAll(() => database.close());

	function start(receive: Receive, more: Partial<typeof waits> = {}): { deps: TestDeps; receivers: Receivers } {
		const deps = testDeps(database.db, [testChannel("telegram", { receive }), testChannel("sms")]);
		const receivers = startReceivers(deps, { ...waits, ...more });
		running.push(receivers);
		return { deps, receivers };
	}

	it("run on one instance at a time, and on another when that one stops", async () => {
		const events: string[] = [];
		const poll =
			(name: string): Receive =>
			async (_take, signal) => {
				events.push(`${name} begins`);
				await aborted(signal);
				events.push(`${name} ends`);
			};
		const first = start(poll("first"));
		await until(
			() => events.length === 1,
			5000,
			() => events.join(),
		);
		start(poll("second"));
		// Three times as long as it takes the second one to look.
		await new Promise((done) => setTimeout(done, 3 * waits.idle));
		expect(events).toEqual(["first begins"]);
		await first.receivers.stop();
		await until(
			() => events.length === 3,
			5000,
			() => events.join(),
		);
		expect(events).toEqual(["first begins", "first ends", "second begins"]);
	});

	it("bring what comes to the one way in", async () => {
		const given = Promise.withResolvers<Parameters<Receive>[0]>();
		const { deps } = start((take) => {
			given.resolve(take);
			return Promise.resolve();
		});
		const user = await addUser(deps, ["telegram"]);
		const from = (sender = "", providerEventId = "") => {
			const message = { provider: "telegram", channel: "telegram", sender, providerEventId, text: "go on" };
			return { kind: "message", message } as const;
		};
		const take = await given.promise;
		await take([from(user.addresses[0], "update:1"), from("a stranger", "update:2")]);
		expect((await database.db.select().from(inbound)).map((row) => row.providerEventId)).toEqual(["update:1"]);
	});

	it("are done when a channel has nothing to wait for", async () => {
		let calls = 0;
		const { receivers } = start(() => {
			calls += 1;
			return Promise.resolve();
		});
		await until(
			() => calls > 0,
			5000,
			() => "never called",
		);
		await new Promise((done) => setTimeout(done, 3 * waits.idle));
		expect(calls).toBe(1);
		await receivers.stop();
	});

	it("say a failure once and try again, and say the next one that is another", async () => {
		let calls = 0;
		const { deps } = start(() => {
			calls += 1;
			return Promise.reject(new Error(calls < 4 ? "no network" : "another program polls"));
		});
		await until(
			() => calls >= 6,
			5000,
			() => `${calls} calls`,
		);
		expect(count(deps.logged(), "no network")).toBe(1);
		expect(count(deps.logged(), "another program polls")).toBe(1);
	});

	it("say a failure again when all was well in between", async () => {
		let calls = 0;
		const failsLate: Receive = async () => {
			calls += 1;
			await new Promise((done) => setTimeout(done, 40));
			throw new Error("no network");
		};
		const { deps } = start(failsLate, { healthy: 20 });
		await until(
			() => calls >= 3,
			5000,
			() => `${calls} calls`,
		);
		expect(count(deps.logged(), "no network")).toBeGreaterThanOrEqual(2);
	});

	it("tell what went wrong in the database without the statement and its values", async () => {
		const { deps } = start(() =>
			Promise.reject(new DrizzleQueryError("insert …", ["my secret words"], new Error("disk full"))),
		);
		await until(
			() => deps.logged().includes("disk full"),
			5000,
			() => deps.logged(),
		);
		expect(deps.logged()).not.toContain("my secret words");
	});

	it("stop without a complaint, whatever the channel makes of it", async () => {
		let began = false;
		const { deps, receivers } = start(async (_take, signal) => {
			began = true;
			await aborted(signal);
			throw new Error("The network went away.");
		});
		await until(
			() => began,
			5000,
			() => "never called",
		);
		await receivers.stop();
		expect(deps.logged()).toBe("");
	});
});
