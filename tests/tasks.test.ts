import { and, eq, sql } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deliveries, events, tasks } from "../server/db/schema.ts";
import { eventLimits } from "../server/domain/limits.ts";
import { changeSettings } from "../server/domain/settings.ts";
import { finishTask } from "../server/domain/tasks/finish-task.ts";
import { notifyUser } from "../server/domain/tasks/notify-user.ts";
import { readTask } from "../server/domain/tasks/read-task.ts";
import { startTask } from "../server/domain/tasks/start-task.ts";
import { startOutbox } from "../server/outbox/worker.ts";
import { settingsPatch } from "../src/contract/settings.ts";
import { startTask as startInput, type TaskFinished, taskFinished } from "../src/contract/tasks.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addUser, type TestChannel, type TestDeps, type TestUser, testChannel, testDeps } from "./helpers/fixture.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("a task, on $name", ({ open }) => {
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
		user = await addUser(deps, ["email"]);
	});

	async function started(more: object = {}, by = user): Promise<string> {
		return (await startTask(deps, by, startInput.parse({ id: uuidv7(), cmd: "make test", ...more }))).id;
	}
	function end(id: string, more: Partial<TaskFinished> = {}): TaskFinished {
		return taskFinished.parse({
			type: "task_finished",
			task_id: id,
			title: "make test",
			exit_code: 0,
			signal: null,
			interrupted: false,
			duration_ms: 12_345,
			finished_at: new Date().toISOString(),
			tail: "",
			output_bytes: 0,
			...more,
		});
	}
	const messages = (by = user) => database.db.select().from(deliveries).where(eq(deliveries.userId, by.userId));

	/** The texts that reach the user once nothing of theirs is due. */
	async function sent(by = user): Promise<string[]> {
		const outbox = startOutbox(deps, { pollMs: 20 });
		const open = and(eq(deliveries.userId, by.userId), sql`state in ('pending', 'leased')`);
		await until(
			async () => (await database.db.$count(deliveries, open)) === 0,
			30_000,
			() => "messages are still due",
		);
		await outbox.stop(5000);
		return [...email.taken, ...telegram.taken]
			.filter(({ address }) => by.addresses.includes(address))
			.map(({ text }) => text);
	}

	it.each([
		["✅", { exit_code: 0 }, "Done in 0:12"],
		["❌", { exit_code: 3 }, "Failed (code 3) in 0:12"],
		["❌", { exit_code: null, signal: "SIGKILL", duration_ms: 3_723_000 }, "Failed (SIGKILL) in 1:02:03"],
		["⏸️", { exit_code: 130, interrupted: true }, "Interrupted by user after 0:12"],
		["🏁", { exit_code: null }, "Ended after 0:12, with an exit code that is not known"],
	])("that ended is told as %s %j (rows 72, 79, 81, W30)", async (icon, how, words) => {
		const id = await started();
		expect(await finishTask(deps, user, end(id, how))).toEqual({
			id,
			outcome: "queued",
			why: null,
			channels: ["email"],
			next_allowed_at: null,
		});
		const [text] = await sent();
		expect(text?.startsWith("make test\n") || text?.startsWith(`${icon} make test\n`)).toBe(true);
		expect(text).toContain(words);
		expect(text).not.toMatch(/Claude|\+ text|Reply to/);
	});

	it("keeps the last 10,240 bytes from a whole character on, and shows 500 of them (rows 80, 93, W21, W23)", async () => {
		const id = await started({ cmd: "deploy --password hunter22" });
		const tail = `${"ü".repeat(6000)}\u001b[31mred\u001b[0m token=ghp_${"a".repeat(36)} end\n`;
		await finishTask(deps, user, end(id, { tail, exit_code: 1, output_bytes: 12_100 }));
		const kept = await readTask(deps, user, id);
		expect(Buffer.byteLength(kept.tail)).toBeLessThanOrEqual(10_240);
		expect(Buffer.byteLength(kept.tail)).toBeGreaterThan(9_500);
		expect(kept.tail).toMatch(/^ü+red token=\S*\*\*\* end\n?$/);
		expect(kept).toMatchObject({ cmd: "deploy --password ***", exit_code: 1, state: "finished", output_bytes: 12_100 });
		const [event] = await database.db.select().from(events).where(eq(events.id, id));
		expect(event?.details.message).toMatch(/^\[truncated\]\nü+red token=\S+ end$/);
		expect(event?.details.message?.length).toBe("[truncated]\n".length + 500);
	});

	it("whose output is 500 characters long is shown whole (row 80)", async () => {
		const id = await started();
		await finishTask(deps, user, end(id, { tail: "x".repeat(500), exit_code: 1 }));
		const [event] = await database.db.select().from(events).where(eq(events.id, id));
		expect(event?.details.message).toBe("x".repeat(500));
	});

	it("ends once: the same end again is a duplicate and sends nothing (row 73)", async () => {
		const id = await started();
		const ends = await Promise.all([0, 1, 2].map(() => finishTask(deps, user, end(id))));
		expect(ends.map(({ outcome }) => outcome).sort()).toEqual(["duplicate", "duplicate", "queued"]);
		expect(await started({ id })).toBe(id);
		expect(await messages()).toHaveLength(1);
	});

	it("is nobody else's: not to read, to end, or to take the id of (row 215)", async () => {
		const id = await started();
		const other = await addUser(deps, ["email"]);
		await expect(readTask(deps, other, id)).rejects.toMatchObject({ code: "not_found" });
		await expect(finishTask(deps, other, end(id))).rejects.toMatchObject({ code: "not_found" });
		await expect(started({ id }, other)).rejects.toMatchObject({ code: "conflict" });
		await expect(finishTask(deps, user, end(uuidv7()))).rejects.toMatchObject({ code: "not_found" });
		expect(await readTask(deps, user, id)).toMatchObject({ state: "running", exit_code: null });
	});

	it("tells only the channels that it names, and a channel that is unknown is refused (row 73)", async () => {
		const both = await addUser(deps, ["email", "telegram"]);
		const id = await started({ channels: ["telegram"] }, both);
		expect(await finishTask(deps, both, end(id))).toMatchObject({ channels: ["telegram"] });
		await expect(started({ channels: ["pigeon"] })).rejects.toMatchObject({
			code: "invalid_request",
			message: expect.stringContaining("it has email, telegram"),
		});
		const none = await started({ channels: ["telegram"] });
		expect(await finishTask(deps, user, end(none))).toMatchObject({
			outcome: "muted",
			why: "None of these channels is paired: telegram.",
		});
	});

	it("a foreign session is no session (row 73)", async () => {
		await expect(started({ session_id: uuidv7() })).rejects.toMatchObject({ code: "session_not_found" });
	});

	it("in quiet hours is recorded and told in the digest", async () => {
		const all = settingsPatch.parse({ quiet: "00:00-23:59", quiet_except: "none" });
		await changeSettings(deps, user.userId, all);
		const id = await started();
		const now = new Date();
		// One minute of the day is not quiet.
		if (now.getUTCHours() === 23 && now.getUTCMinutes() === 59) return;
		expect(await finishTask(deps, user, end(id))).toMatchObject({ outcome: "quiet", channels: [] });
		expect((await database.db.select().from(tasks).where(eq(tasks.id, id)))[0]).toMatchObject({ outcome: "quiet" });
		expect(await messages()).toEqual([]);
	});

	it("by metered channels a day has its count, also for ends at the same moment; the others go on, and the next day begins anew (row 87)", async () => {
		const both = await addUser(deps, ["email", "telegram"]);
		const { count } = eventLimits.tasks;
		const ids = await Promise.all(Array.from({ length: count + 3 }, () => started({}, both)));
		const told = await Promise.all(ids.map((id) => finishTask(deps, both, end(id))));
		expect(told.filter(({ channels }) => channels.includes("email"))).toHaveLength(count);
		expect(told.filter(({ channels }) => channels.includes("telegram"))).toHaveLength(count + 3);
		expect(told.filter(({ why }) => why !== null).map(({ why }) => why)).toEqual(
			Array(3).fill(expect.stringMatching(/^The 30 messages of today are used up; the next can leave /)),
		);
		expect((await messages(both)).filter(({ channel }) => channel === "email")).toHaveLength(count);
		await travel(database.db, "1 day");
		expect(await finishTask(deps, both, end(await started({}, both)))).toMatchObject({
			why: null,
			channels: ["email", "telegram"],
		});
	});

	it("beyond the day's count is limited, with a reason and a time, and stays recorded (rows 86, 87)", async () => {
		for (let n = 0; n < eventLimits.tasks.count; n++) {
			await notifyUser(deps, user, { id: uuidv7(), text: "ring", hostname: "laptop" });
		}
		const id = await started();
		const told = await finishTask(deps, user, end(id));
		expect(told).toMatchObject({ outcome: "limited", channels: [], why: expect.stringContaining("used up") });
		expect(Date.parse(told.next_allowed_at ?? "")).toBeGreaterThan(Date.now());
		expect(await readTask(deps, user, id)).toMatchObject({ state: "finished" });
		const [event] = await database.db.select().from(events).where(eq(events.id, id));
		expect(event).toMatchObject({ outcome: "limited", rateLimited: true });
	});

	it("a script's text rings under its title, masked and once for each id", async () => {
		const id = uuidv7();
		const given = { id, text: "backup of <b>db1</b> is done\u001b[2J", title: "cron", hostname: "nas" };
		expect(await notifyUser(deps, user, given)).toMatchObject({ outcome: "queued", channels: ["email"] });
		expect(await notifyUser(deps, user, given)).toMatchObject({ outcome: "duplicate" });
		const texts = await sent();
		expect(texts).toHaveLength(1);
		expect(texts[0]).toMatch(/^(🔔 )?cron\nbackup of <b>db1<\/b> is done/);
	});
});
