import { eq } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deliveries, events, identities, tasks } from "../server/db/schema.ts";
import { eventLimits } from "../server/domain/limits.ts";
import { finishTask } from "../server/domain/tasks/finish-task.ts";
import { startTask } from "../server/domain/tasks/start-task.ts";
import { tellProgress } from "../server/domain/tasks/tell-progress.ts";
import { startOutbox } from "../server/outbox/worker.ts";
import { type TaskUpdate, taskUpdate } from "../src/contract/task-update.ts";
import { startTask as startInput, taskFinished } from "../src/contract/tasks.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addUser, type TestChannel, type TestDeps, type TestUser, testChannel, testDeps } from "./helpers/fixture.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("what a task says before its end, on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;
	let email: TestChannel;
	let telegram: TestChannel;
	let user: TestUser;

	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());
	beforeEach(async () => {
		[email, telegram] = [testChannel("email"), testChannel("telegram")];
		deps = testDeps(database.db, [email, telegram]);
		user = await addUser(deps, ["email", "telegram"]);
	});

	const started = async (more: object = {}, by = user) =>
		(await startTask(deps, by, startInput.parse({ id: uuidv7(), cmd: "make test", ...more }))).id;
	const update = (task_id: string, more: Partial<TaskUpdate> = {}) =>
		taskUpdate.parse({
			type: "task_update",
			id: uuidv7(),
			task_id,
			kind: "regex",
			title: "make test",
			running_ms: 65_400,
			occurred_at: new Date().toISOString(),
			text: "",
			...more,
		});
	const end = (task_id: string, more: object = {}) =>
		taskFinished.parse({
			type: "task_finished",
			task_id,
			title: "make test",
			exit_code: 0,
			signal: null,
			interrupted: false,
			duration_ms: 12_345,
			finished_at: new Date().toISOString(),
			tail: "tail",
			output_bytes: 4,
			...more,
		});

	async function texts(): Promise<string[]> {
		const outbox = startOutbox(deps, { pollMs: 20 });
		const own = () => [...email.taken, ...telegram.taken].filter(({ address }) => user.addresses.includes(address));
		await until(
			() => own().length >= 2,
			30_000,
			() => "nothing was sent",
		);
		await outbox.stop(5000);
		return own().map(({ text }) => text);
	}

	it.each([
		["started", "npm publish", "Starting\nnpm publish"],
		["running", "", "Working (65s)"],
		["partial", "50 of 100\n", "Printed so far (65s)\n50 of 100"],
		["regex", "epoch 12", "Found (65s)\nepoch 12"],
	] as const)("is told as %s, under the title of its command (rows 74, 77, 78)", async (kind, text, words) => {
		const id = await started();
		expect(await tellProgress(deps, user, update(id, { kind, text }))).toMatchObject({
			outcome: "queued",
			channels: ["email", "telegram"],
		});
		for (const said of await texts()) {
			expect(said).toContain("make test\n");
			expect(said).toContain(words);
			expect(said).not.toMatch(/Claude|Reply to/);
		}
	});

	it("is cut to 500 characters, and masked (rows 80, W23)", async () => {
		const id = await started();
		const given = update(id, { text: `${"x".repeat(600)} token=ghp_${"a".repeat(36)}` });
		await tellProgress(deps, user, given);
		const [event] = await database.db.select().from(events).where(eq(events.id, given.id));
		expect(event?.details.message).toMatch(/^\[truncated\]\nx+ token=\S*\*\*\*$/);
		expect(event?.details.message?.length).toBe("[truncated]\n".length + 500);
	});

	it("is nobody else's to say, and no news after the end (rows 78, 215)", async () => {
		const id = await started();
		const other = await addUser(deps, ["email"]);
		await expect(tellProgress(deps, other, update(id))).rejects.toMatchObject({ code: "not_found" });
		await finishTask(deps, user, end(id));
		expect(await tellProgress(deps, user, update(id, { kind: "running" }))).toMatchObject({ outcome: "muted" });
		expect(await tellProgress(deps, user, update(id, { kind: "regex" }))).toMatchObject({ outcome: "queued" });
	});

	it("counts with the ends of the day by metered channels, and has an hour's count by all (rows 86, 87)", async () => {
		const id = await started();
		const { count } = eventLimits.tasks;
		for (let n = 0; n < count; n++) await tellProgress(deps, user, update(id));
		expect(await tellProgress(deps, user, update(id))).toMatchObject({ channels: ["telegram"] });
		expect(await finishTask(deps, user, end(id))).toMatchObject({ channels: ["telegram"] });
		for (let n = count + 1; n < eventLimits.updates.count; n++) await tellProgress(deps, user, update(id));
		expect(await tellProgress(deps, user, update(id))).toMatchObject({ outcome: "limited", channels: [] });
		await travel(database.db, "1 hour");
		expect(await tellProgress(deps, user, update(id))).toMatchObject({ outcome: "queued" });
	});

	it("keeps what it is to tell of, and a message of the person's own stands for the output (rows 73, 138)", async () => {
		const id = await started({ notify_on: ["partial", "exit", "partial"] });
		expect((await database.db.select().from(tasks).where(eq(tasks.id, id)))[0]?.notifyOn).toBe("partial,exit");
		await finishTask(deps, user, end(id, { message: "come back" }));
		const [event] = await database.db.select().from(events).where(eq(events.id, id));
		expect(event?.details.message).toBe("come back");
	});

	it("goes to one address of the user's own where that is asked for, and never to a stranger's (row 142)", async () => {
		const [own] = await database.db.select().from(identities).where(eq(identities.userId, user.userId));
		const address = deps.vault.open(own?.addressSealed ?? "");
		const id = await started({ notify_user: ` ${address.toUpperCase()} ` });
		expect(await finishTask(deps, user, end(id))).toMatchObject({ channels: [own?.channel] });
		expect(await finishTask(deps, user, end(await started({ notify_user: "telegram" })))).toMatchObject({
			channels: ["telegram"],
		});
		const stranger = await addUser(deps, ["email"]);
		const before = await database.db.$count(deliveries, eq(deliveries.userId, stranger.userId));
		for (const notify_user of [...stranger.addresses, "mallory@example.com"]) {
			await expect(started({ notify_user })).rejects.toMatchObject({
				code: "invalid_request",
				message: expect.stringContaining("none of your own channels"),
			});
		}
		await expect(started({ notify_user: address, channels: ["telegram"] })).rejects.toMatchObject({
			code: "invalid_request",
		});
		expect(await database.db.$count(deliveries, eq(deliveries.userId, stranger.userId))).toBe(before);
	});
});
