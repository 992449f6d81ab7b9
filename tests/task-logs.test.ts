import { randomBytes } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { logKeys, taskLogChunks, taskLogs } from "../server/db/schema.ts";
import { keepLog, keepLogDigest } from "../server/domain/tasks/keep-log.ts";
import { readTask } from "../server/domain/tasks/read-task.ts";
import { maxLogBytes } from "../src/contract/last-bytes.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addUser, type TestDeps, type TestUser, testChannel, testDeps } from "./helpers/fixture.ts";
import { inChunks, loggedTask, readLog, sha256, startedTask, storedPieces } from "./helpers/log-world.ts";

describe.each(databases)("the full log of a task, on $name", ({ open }) => {
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

	it.each([0, 1, 262_143, 262_144, 262_145, 1_000_003])(
		"of %i bytes is read as it was kept, with its length and hash (row 190)",
		async (length) => {
			const text = "0123456789\n".repeat(Math.ceil(length / 11)).slice(0, length);
			const id = await logged(text);
			expect((await read(id)) === text).toBe(true);
			expect(await readTask(deps, user, id)).toMatchObject({
				log: { bytes: length, sha256: sha256(text), kept: true },
			});
			expect(await pieces(id)).toHaveLength(Math.max(1, Math.ceil(length / 262_144)));
		},
	);

	it("is stored encrypted: no row has its text, and the same text twice gives other bytes (row 190)", async () => {
		const text = "the launch code is 0000\n".repeat(20_000);
		const [one, two] = [await logged(text), await logged(text)];
		const [first, second] = [await pieces(one), await pieces(two)];
		expect(first.length).toBeGreaterThan(1);
		for (const { sealed } of [...first, ...second]) expect(Buffer.from(sealed).includes("launch")).toBe(false);
		expect(Buffer.from(first[0]?.sealed ?? []).equals(Buffer.from(second[0]?.sealed ?? []))).toBe(false);
		const [key] = await database.db.select().from(logKeys).where(eq(logKeys.userId, user.userId));
		expect(deps.logVault.unwrap(user.userId, key?.wrapped ?? "", key?.wrappedBy ?? "")).toHaveLength(32);
	});

	it("that was changed, cut short, moved or given to another task is an error and none of its text (row 190)", async () => {
		const text = "x".repeat(700_000);
		const { db } = database;
		const [one, two] = [await logged(text), await logged(text)];
		const [a, b, c] = await pieces(one);
		const [other] = await pieces(two);
		if (a === undefined || b === undefined || c === undefined || other === undefined) throw new Error("too few pieces");
		const at = (position: number) => and(eq(taskLogChunks.logId, a.logId), eq(taskLogChunks.position, position));
		const put = (position: number, sealed: Uint8Array) => db.update(taskLogChunks).set({ sealed }).where(at(position));
		const flipped = Buffer.from(a.sealed);
		flipped.writeUInt8(flipped.readUInt8(100) ^ 1, 100);
		for (const [position, sealed] of [
			[0, flipped],
			[0, b.sealed],
			[0, other.sealed],
			[1, c.sealed],
			[0, a.sealed.subarray(0, 20)],
		] as const) {
			await put(position, sealed);
			await expect(read(one)).rejects.toThrow();
			await put(0, a.sealed);
			await put(1, b.sealed);
		}
		expect((await read(one)) === text).toBe(true);
		await db.delete(taskLogChunks).where(at(2));
		await expect(read(one)).rejects.toThrow("A piece of a log is missing.");
		// Whoever can write to the database cannot say that it was shorter either.
		await db.update(taskLogs).set({ chunks: 2 }).where(eq(taskLogs.taskId, one));
		await expect(read(one)).rejects.toThrow();
	});

	it("of another user opens with neither's key (row 190)", async () => {
		const id = await logged("mine");
		const other = await addUser(deps, ["email"]);
		await logged("theirs", other);
		const [theirs] = await database.db.select().from(logKeys).where(eq(logKeys.userId, other.userId));
		const { wrapped, wrappedBy } = theirs ?? { wrapped: "", wrappedBy: "" };
		expect(() => deps.logVault.unwrap(user.userId, wrapped, wrappedBy)).toThrow();
		await database.db.update(logKeys).set({ wrapped }).where(eq(logKeys.userId, user.userId));
		await expect(read(id)).rejects.toThrow();
	});

	it("is kept up to 10 MB; of one byte more there are hash and length, and no link (row 190)", async () => {
		const whole = randomBytes(maxLogBytes);
		const id = await logged(whole);
		expect(await readTask(deps, user, id)).toMatchObject({ log: { bytes: maxLogBytes, kept: true } });
		const more = Buffer.concat([whole, Buffer.from("x")]);
		const long = await logged(more);
		expect(await readTask(deps, user, long)).toMatchObject({
			log: { bytes: maxLogBytes + 1, sha256: sha256(more), kept: false },
			linkId: null,
		});
		expect(await pieces(long)).toEqual([]);
	});

	it("that the client hashed itself is kept as hash and length (row 190)", async () => {
		const id = await started();
		const digest = { sha256: sha256("long"), bytes: 5_000_000_000 };
		expect(await keepLogDigest(deps, user, id, digest)).toMatchObject({ ...digest, kept: false });
		expect(await readTask(deps, user, id)).toMatchObject({ log: digest, linkId: null });
	});

	it("is nobody else's: not to send, and not to hear of (row 215)", async () => {
		const id = await logged("mine");
		const other = await addUser(deps, ["email"]);
		for (const refused of [
			() => keepLog(deps, other, id, inChunks("x")),
			() => keepLogDigest(deps, other, id, { sha256: sha256("x"), bytes: 1 }),
			() => readTask(deps, other, id),
			() => keepLog(deps, user, uuidv7(), inChunks("x")),
		]) {
			await expect(refused()).rejects.toMatchObject({ code: "not_found" });
		}
	});
});
