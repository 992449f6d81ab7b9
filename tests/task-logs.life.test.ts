import { randomBytes } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createLogVault } from "../server/auth/log-vault.ts";
import { taskLogs, tasks, users } from "../server/db/schema.ts";
import { keepLog, keepLogDigest } from "../server/domain/tasks/keep-log.ts";
import { rewrapLogKeys } from "../server/domain/tasks/log-keys.ts";
import { readTask } from "../server/domain/tasks/read-task.ts";
import { tidy } from "../server/domain/tidy.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addUser, type TestDeps, type TestUser, testChannel, testDeps } from "./helpers/fixture.ts";
import { inChunks, loggedTask, readLog, sha256, startedTask, storedPieces } from "./helpers/log-world.ts";

describe.each(databases)("a task's full log, on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;
	let user: TestUser;

	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());
	beforeEach(async () => {
		deps = testDeps(database.db, [testChannel("email")]);
		user = await addUser(deps, ["email"]);
	});

	const started = () => startedTask(deps, user);
	const logged = (text: Uint8Array | string, by = user) => loggedTask(deps, by, text);
	const read = (id: string, by = deps) => readLog(by, user, id);
	const pieces = (id: string) => storedPieces(deps, id);

	it("counts once: the first one stays, also of several at the same moment", async () => {
		const id = await started();
		const texts = ["first", "second", "third"];
		const kept = await Promise.all(texts.map((text) => keepLog(deps, user, id, inChunks(text))));
		expect(new Set(kept.map((each) => each.sha256)).size).toBe(1);
		expect(await keepLog(deps, user, id, inChunks("fourth"))).toEqual(kept[0]);
		expect(texts).toContain(await read(id));
		expect(await database.db.$count(taskLogs, eq(taskLogs.taskId, id))).toBe(1);
	});

	it("whose upload breaks off leaves nothing, and the next one is kept", async () => {
		const id = await started();
		async function* broken() {
			yield randomBytes(600_000);
			throw new Error("the client is gone");
		}
		await expect(keepLog(deps, user, id, broken())).rejects.toThrow("the client is gone");
		expect(await database.db.$count(taskLogs, eq(taskLogs.taskId, id))).toBe(0);
		await keepLog(deps, user, id, inChunks("whole"));
		expect(await read(id)).toBe("whole");
	});

	it("of a user who has four under way already has to wait", async () => {
		const ids = await Promise.all([0, 1, 2, 3, 4].map(() => started()));
		const rows = ids.slice(0, 4).map((taskId) => ({ id: uuidv7(), taskId, userId: user.userId }));
		await database.db.insert(taskLogs).values(rows);
		await expect(keepLog(deps, user, ids[4] ?? "", inChunks("x"))).rejects.toMatchObject({ code: "rate_limited" });
		await travel(database.db, "2 hours");
		await tidy(deps);
		expect(await database.db.$count(taskLogs, eq(taskLogs.userId, user.userId))).toBe(0);
		expect(await keepLog(deps, user, ids[4] ?? "", inChunks("x"))).toMatchObject({ bytes: 1 });
	});

	it("is a matter of the plan where the server says so; the last 10 KB are everybody's (row 93)", async () => {
		const strict: TestDeps = { ...deps, fullLogPlans: ["pro"] };
		const id = await started();
		const words =
			"Full logs are not part of your plan (free). Upgrade to pro to keep them; the last 10 KB of each command are kept.";
		for (const refused of [
			() => keepLog(strict, user, id, inChunks("x")),
			() => keepLogDigest(strict, user, id, { sha256: sha256("x"), bytes: 1 }),
		]) {
			await expect(refused()).rejects.toMatchObject({ code: "plan_required", message: words });
		}
		await database.db.update(users).set({ plan: "pro" }).where(eq(users.id, user.userId));
		expect(await keepLog(strict, user, id, inChunks("x"))).toMatchObject({ kept: true });
	});

	it("can be read by a new master key and the old ones; then the keys hang on the new one alone (row 190)", async () => {
		const [old, fresh] = [randomBytes(32), randomBytes(32)];
		const before: TestDeps = { ...deps, logVault: createLogVault([old]) };
		const id = await started();
		await keepLog(before, user, id, inChunks("old"));
		const both: TestDeps = { ...deps, logVault: createLogVault([fresh, old]) };
		const alone: TestDeps = { ...deps, logVault: createLogVault([fresh]) };
		expect(await read(id, both)).toBe("old");
		await expect(read(id, alone)).rejects.toMatchObject({ code: "unavailable" });
		expect(await rewrapLogKeys(alone)).toMatchObject({ rewrapped: 0 });
		expect(alone.logged()).toContain("TASK_LOG_KEYS lacks a key");
		const [kept] = await pieces(id);
		expect((await rewrapLogKeys(both)).rewrapped).toBeGreaterThan(0);
		expect(await rewrapLogKeys(both)).toMatchObject({ rewrapped: 0 });
		expect(await read(id, alone)).toBe("old");
		expect((await pieces(id))[0]).toEqual(kept);
		await expect(read(id, before)).rejects.toMatchObject({ code: "unavailable" });
	});

	it("goes after 30 days, and hash and length stay; with its task everything goes", async () => {
		const id = await logged("old news");
		await travel(database.db, "29 days");
		await tidy(deps);
		expect(await read(id)).toBe("old news");
		await travel(database.db, "2 days");
		await tidy(deps);
		expect(await readTask(deps, user, id)).toMatchObject({
			log: { bytes: 8, sha256: sha256("old news"), kept: false },
			linkId: null,
		});
		expect(await pieces(id)).toEqual([]);
		const next = await logged("news");
		await database.db.delete(tasks).where(eq(tasks.id, next));
		expect(await database.db.$count(taskLogs, eq(taskLogs.taskId, next))).toBe(0);
	});

	it("beyond 256 MB of a user goes first when it is the oldest", async () => {
		const [oldest, middle] = [await logged("oldest"), await logged("middle")];
		await database.db.execute(
			sql`update task_logs set bytes = ${256 * 1024 * 1024 - 10} where task_id in (${oldest}, ${middle})`,
		);
		const newest = await logged("newest");
		const kept = await Promise.all(
			[oldest, middle, newest].map(async (id) => (await readTask(deps, user, id)).log?.kept),
		);
		expect(kept).toEqual([false, true, true]);
	});
});
