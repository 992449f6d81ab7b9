import { eq, sql } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sqlState, uniqueViolation } from "../server/db/errors.ts";
import { deliveries, identities, taskLogChunks, taskLogs, tasks, users } from "../server/db/schema.ts";
import { finishTask } from "../server/domain/tasks/finish-task.ts";
import { taskFinished } from "../src/contract/tasks.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addUser, type TestDeps, type TestUser, testChannel, testDeps } from "./helpers/fixture.ts";
import { loggedTask, startedTask } from "./helpers/log-world.ts";

const foreignKeyViolation = "23503";
const notNullViolation = "23502";

/** Migrated from nothing by `open`. Where the specification says e-mail, quota and notification, we have addresses, rate slots and deliveries. */
describe.each(databases)("the tables of users, tasks and messages, on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;
	let user: TestUser;

	beforeAll(async () => {
		database = await open();
		deps = testDeps(database.db, [testChannel("email")]);
		user = await addUser(deps, ["email"]);
	});
	afterAll(() => database.close());

	const refused = async (work: PromiseLike<unknown>) => {
		try {
			await work;
			return "accepted";
		} catch (error) {
			return sqlState(error);
		}
	};

	it("give an address to one user only, and each user a plan (row 75)", async () => {
		const { db } = database;
		const [own] = await db.select().from(identities).where(eq(identities.userId, user.userId));
		if (own === undefined) throw new Error("the user has no address");
		const other = await addUser(deps, []);
		const taken = db.insert(identities).values({ ...own, id: uuidv7(), userId: other.userId });
		expect(await refused(taken)).toBe(uniqueViolation);
		const [row] = await db.select().from(users).where(eq(users.id, user.userId));
		expect(row).toMatchObject({ plan: "free" });
		expect(await refused(db.execute(sql`update users set plan = null where id = ${user.userId}`))).toBe(
			notNullViolation,
		);
	});

	it("keep a task with when it began and ended, of a user there is, and one log for it at most (row 75)", async () => {
		const { db } = database;
		const id = await startedTask(deps, user);
		const [began] = await db.select().from(tasks).where(eq(tasks.id, id));
		if (began === undefined) throw new Error("the task is not stored");
		expect([began.startedAt, began.finishedAt]).toEqual([expect.any(Date), null]);
		expect(await refused(db.insert(tasks).values(began))).toBe(uniqueViolation);
		const nobodys = db.insert(tasks).values({ ...began, id: uuidv7(), userId: uuidv7() });
		expect(await refused(nobodys)).toBe(foreignKeyViolation);
		const logged = await loggedTask(deps, user, "text");
		const [log] = await db.select().from(taskLogs).where(eq(taskLogs.taskId, logged));
		if (log === undefined) throw new Error("the log is not stored");
		expect(await refused(db.insert(taskLogs).values({ ...log, id: uuidv7() }))).toBe(uniqueViolation);
		expect(await refused(db.insert(taskLogs).values({ ...log, id: uuidv7(), taskId: uuidv7() }))).toBe(
			foreignKeyViolation,
		);
		const piece = { logId: log.id, position: 0, sealed: Buffer.from("x") };
		expect(await refused(db.insert(taskLogChunks).values(piece))).toBe(uniqueViolation);
	});

	it("send the end of a task to an address once (row 75)", async () => {
		const { db } = database;
		const id = await startedTask(deps, user);
		const end = {
			type: "task_finished",
			task_id: id,
			title: "make",
			exit_code: 0,
			signal: null,
			interrupted: false,
			duration_ms: 1,
			finished_at: new Date().toISOString(),
			tail: "",
			output_bytes: 0,
		};
		await finishTask(deps, user, taskFinished.parse(end));
		const [sent] = await db.select().from(deliveries).where(eq(deliveries.eventId, id));
		if (sent === undefined) throw new Error("there is no message");
		expect(sent).toMatchObject({ channel: "email", state: "pending" });
		expect(await refused(db.insert(deliveries).values({ ...sent, id: uuidv7() }))).toBe(uniqueViolation);
		const [ended] = await db.select().from(tasks).where(eq(tasks.id, id));
		expect(ended?.finishedAt).toBeInstanceOf(Date);
	});
});
