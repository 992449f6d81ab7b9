import { eq, inArray, sql } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { type Db, rowsOf } from "../server/db/client.ts";
import { inbox, rateSlots, refreshTokens, sessions, tasks, threads } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { forget } from "../server/domain/forget.ts";
import { finishTask } from "../server/domain/tasks/finish-task.ts";
import { startTask } from "../server/domain/tasks/start-task.ts";
import { type ApprovalWorld, approvalWorld } from "./helpers/approvals-world.ts";
import { startAuthServer } from "./helpers/auth-server.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { report } from "./helpers/fixture.ts";

/** Tables that have rows of the session, whatever tables there will be. */
async function tablesWith(db: Db, sessionId: string): Promise<string[]> {
	const named = z.object({ table_name: z.string() });
	const all = await rowsOf(
		db,
		named,
		sql`select table_name from information_schema.columns
			where table_schema = 'public' and column_name = 'session_id' order by table_name`,
	);
	const found: string[] = [];
	for (const { table_name } of all) {
		const rows = sql`select 1 as one from ${sql.identifier(table_name)} where session_id = ${sessionId} limit 1`;
		if ((await rowsOf(db, z.object({ one: z.number() }), rows)).length > 0) found.push(table_name);
	}
	return found;
}

/** A session with something in each of its tables. */
async function livedThrough(db: Db): Promise<ApprovalWorld> {
	const world = await approvalWorld(db);
	const { deps, session, user } = world;
	await acceptEvent(deps, session, report("done"));
	await world.open();
	await world.said("b yes");
	await world.delivered();
	const [identityId = ""] = user.identityIds;
	await db.insert(threads).values({ identityId, sessionId: session.id, thread: session.id });
	const written = { id: uuidv7(), sessionId: session.id, userId: user.userId, identityId, ref: "r1", text: "go on" };
	await db.insert(inbox).values({ ...written, fromChannel: "sms", fromLabel: "phone", expiresAt: new Date() });
	return world;
}

const end = (db: Db, id: string) =>
	db.update(sessions).set({ status: "ended", endedAt: sql`now()`, handle: null }).where(eq(sessions.id, id));

describe.each(databases)("what is old on $name", { timeout: 60_000 }, ({ open }) => {
	let database: TestDatabase;

	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());

	it("goes with its session 90 days after the end, and nothing of another session goes with it", async () => {
		const { db } = database;
		const [old, live] = [await livedThrough(db), await livedThrough(db)];
		const all = ["approvals", "audit", "deliveries", "events", "inbox", "threads"];
		expect(await tablesWith(db, old.session.id)).toEqual(all);
		await end(db, old.session.id);
		await travel(db, "89 days 23 hours");
		await forget(old.deps);
		expect(await tablesWith(db, old.session.id)).toEqual(all);
		await travel(db, "1 hour");
		await forget(old.deps);
		expect(await tablesWith(db, old.session.id)).toEqual(["audit"]);
		expect(await db.$count(sessions, eq(sessions.id, old.session.id))).toBe(0);
		const slotsOf = (id: string) => db.$count(rateSlots, eq(rateSlots.scope, `session:${id}`));
		expect([await slotsOf(old.session.id), (await slotsOf(live.session.id)) > 0]).toEqual([0, true]);
		expect(await tablesWith(db, live.session.id)).toEqual(["approvals", "audit", "events", "inbox", "threads"]);
	});

	it("goes with the logins: tokens 90 days after they expired", async () => {
		const { db } = database;
		const { user } = await livedThrough(db);
		const [identityId = ""] = user.identityIds;
		const token = (days: number) => ({
			...{ id: uuidv7(), deviceId: user.deviceId, identityId, familyId: uuidv7(), tokenHash: uuidv7() },
			expiresAt: new Date(Date.now() - days * 86_400_000),
		});
		const [old, young, live] = [token(91), token(89), token(-30)];
		await db.insert(refreshTokens).values([old, young, live]);
		await forget({ db });
		const left = await db.select({ id: refreshTokens.id }).from(refreshTokens);
		expect(left.map(({ id }) => id)).toEqual([young.id, live.id]);
	});

	it("goes from the command line after 90 days: commands, what was told of them, and the messages", async () => {
		const { db } = database;
		const { deps, user } = await livedThrough(db);
		const machine = { ...user, familyId: uuidv7() };
		const run = async () => {
			const { id } = await startTask(deps, machine, {
				id: uuidv7(),
				cmd: "make",
				hostname: "",
				cwd: "",
				notify_on: "exit",
			});
			const ended = { type: "task_finished", task_id: id, title: "make", exit_code: 0, signal: null } as const;
			await finishTask(deps, machine, {
				...ended,
				interrupted: false,
				duration_ms: 1,
				finished_at: new Date().toISOString(),
				tail: "",
				output_bytes: 0,
			});
			return id;
		};
		const before = await run();
		await db.execute(sql`update deliveries set state = 'sent'`);
		await travel(db, "91 days");
		const after = await run();
		await forget(deps);
		const left = await db.select({ id: tasks.id }).from(tasks).where(eq(tasks.userId, user.userId));
		expect(left.map(({ id }) => id)).toEqual([after]);
		const events = await rowsOf(
			db,
			z.object({ id: z.string() }),
			sql`select id from events where type = 'task_finished'`,
		);
		expect(events.map(({ id }) => id)).toEqual([after]);
		expect(before).not.toBe(after);
	});

	it("goes by itself while the server runs, and so does what is tidied: within ten minutes", async () => {
		const { db } = database;
		const [ended, lost] = [await livedThrough(db), await livedThrough(db)];
		await end(db, ended.session.id);
		await db.update(sessions).set({ status: "stale" }).where(eq(sessions.id, lost.session.id));
		await travel(db, "91 days");
		vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
		onTestFinished(() => void vi.useRealTimers());
		await using server = await startAuthServer({ database });
		await vi.advanceTimersByTimeAsync(600_000);
		const state = () =>
			db
				.select({ id: sessions.id, status: sessions.status })
				.from(sessions)
				.where(inArray(sessions.id, [ended.session.id, lost.session.id]));
		await expect.poll(state).toEqual([{ id: lost.session.id, status: "ended" }]);
		expect(server.logged.filter((line) => line.includes("timer failed"))).toEqual([]);
	});
});
