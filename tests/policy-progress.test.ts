import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { startOutbox } from "../server/outbox/worker.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { report, testChannel, testDeps } from "./helpers/fixture.ts";
import { policyWorld } from "./helpers/policy-world.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("progress that is told every now and then, on $name", ({ open }) => {
	let database: TestDatabase;

	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());

	it("takes the place of its own last message, and of nothing that Claude said", async () => {
		const telegram = testChannel("telegram");
		const deps = testDeps(database.db, [telegram]);
		const { session, set } = await policyWorld(deps);
		await set({ progress: 60 });
		const sent: { id: string; replaces: string | undefined; text: string }[] = [];
		const outbox = startOutbox(deps, { pollMs: 20 });
		async function say(details: object): Promise<void> {
			await travel(database.db, "61 seconds");
			const providerId = `message-${sent.length}`;
			telegram.results.push(async ({ replaces }) => {
				sent.push({ id: providerId, replaces, text: telegram.taken.at(-1)?.text ?? "" });
				return { ok: true, providerId };
			});
			const before = sent.length;
			await acceptEvent(deps, session, report("progress", details));
			outbox.wake();
			await until(
				async () => sent.length > before && (await settled(before + 1)),
				5000,
				() => JSON.stringify(sent),
			);
		}
		const settled = async (count: number) => {
			const rows = await database.db.query.deliveries.findMany();
			return rows.filter(({ state }) => state === "sent").length === count;
		};
		await say({ message: "half way" });
		await say({ running_seconds: 60 });
		await say({ running_seconds: 3780 });
		await say({ message: "nearly there" });
		await outbox.stop(1000);
		expect(sent.map(({ replaces }) => replaces)).toEqual([undefined, undefined, "message-1", undefined]);
		expect(sent.map(({ text }) => text)).toEqual([
			expect.stringContaining("half way"),
			expect.stringContaining("Still working, 1 min so far"),
			expect.stringContaining("Still working, 1 h 3 min so far"),
			expect.stringContaining("nearly there"),
		]);
	});
});
