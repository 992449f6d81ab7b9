import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { taskLogChunks, taskLogs } from "../server/db/schema.ts";
import { taskLog } from "../src/contract/task-logs.ts";
import { taskReport, taskStarted } from "../src/contract/tasks.ts";
import { type ChannelsWorld, channelsWorld, type Headers } from "./helpers/channels-world.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { putLog } from "./helpers/put-log.ts";

const megabyte = 1024 * 1024;

describe.each(databases)("the routes of full logs, on $name", ({ open }) => {
	let database: TestDatabase;
	let world: ChannelsWorld;
	let person: Headers;

	beforeAll(async () => {
		database = await open();
		world = await channelsWorld(database);
		person = await world.pair("ann@example.com");
	});
	afterAll(async () => {
		await world[Symbol.asyncDispose]();
		await database.close();
	});

	async function started(): Promise<string> {
		const { body } = await world.call("POST", "/v1/tasks", person, { cmd: "make" });
		return taskStarted.parse(body).task_id;
	}
	const put = (id: string, chunks: Iterable<Uint8Array>, headers: Headers = {}) =>
		putLog(world.server.url, id, chunks, { ...person, ...headers });
	async function report(id: string) {
		return taskReport.parse((await world.call("GET", `/v1/tasks/${id}`, person)).body);
	}
	async function urlOf(id: string): Promise<URL> {
		const { log_url } = await report(id);
		if (log_url === null) throw new Error("there is no link");
		return new URL(log_url);
	}

	it("take a log as it comes, compressed or not, and show it as text that nothing can run in (rows 190, 215)", async () => {
		const text = `<script>alert("ü")</script>\n`.repeat(30_000);
		for (const [body, headers] of [
			[Buffer.from(text), {}],
			[gzipSync(text), { "content-encoding": "gzip" }],
		] as const) {
			const id = await started();
			const answer = await put(id, [body.subarray(0, 1000), body.subarray(1000)], headers);
			expect(answer.status).toBe(200);
			const sha256 = createHash("sha256").update(text).digest("hex");
			expect(taskLog.parse(answer.body)).toMatchObject({ bytes: Buffer.byteLength(text), sha256, kept: true });
			const shown = await fetch(await urlOf(id));
			expect(shown.status).toBe(200);
			expect((await shown.text()) === text).toBe(true);
			expect(Object.fromEntries(shown.headers)).toMatchObject({
				"content-type": "text/plain; charset=utf-8",
				"x-content-type-options": "nosniff",
				"content-disposition": `inline; filename="task-${id}.log"`,
				"content-security-policy": "default-src 'none'; sandbox",
				"cache-control": "private, no-store",
				"referrer-policy": "no-referrer",
			});
		}
	});

	it("refuse a gzip bomb with 413 and keep nothing of it (row 190)", async () => {
		const id = await started();
		const bomb = gzipSync(Buffer.alloc(200 * megabyte));
		expect(bomb.length).toBeLessThan(0.3 * megabyte);
		expect(await put(id, [bomb], { "content-encoding": "gzip" })).toMatchObject({
			status: 413,
			body: { error: "payload_too_large" },
		});
		expect(await database.db.$count(taskLogs, eq(taskLogs.taskId, id))).toBe(0);
	});

	it("refuse a body without an end as soon as too much of it has come (row 190)", async () => {
		const id = await started();
		function* endless() {
			for (let n = 0; n < 1000; n++) yield Buffer.alloc(megabyte, "x");
		}
		expect(await put(id, endless())).toMatchObject({ status: 413 });
		expect((await report(id)).log).toBe(null);
	});

	it("refuse a body that says how much too long it is before it has come (row 190)", async () => {
		const id = await started();
		expect(await put(id, [Buffer.alloc(10)], { "content-length": String(17 * megabyte) })).toMatchObject({
			status: 413,
		});
		expect((await report(id)).log).toBe(null);
	});

	it("keep hash and length of what is a little too long, and of what the client hashed itself (row 190)", async () => {
		const id = await started();
		const answer = await put(id, [Buffer.alloc(10 * megabyte, "x"), Buffer.from("x")]);
		expect(answer).toMatchObject({ status: 200, body: { bytes: 10 * megabyte + 1, kept: false } });
		expect(await report(id)).toMatchObject({ log: { kept: false }, log_url: null });
		const other = await started();
		const digest = { sha256: "a".repeat(64), bytes: 3_000_000_000 };
		expect(await world.call("PUT", `/v1/tasks/${other}/log/digest`, person, digest)).toMatchObject({
			status: 200,
			body: { ...digest, kept: false },
		});
		const wrong = { sha256: "../../etc/passwd", bytes: 1 };
		expect(await world.call("PUT", `/v1/tasks/${other}/log/digest`, person, wrong)).toMatchObject({ status: 400 });
	});

	it.each([
		["what is no gzip", "gzip", Buffer.from("plain text")],
		["a gzip that was cut short", "gzip", gzipSync("x".repeat(5000)).subarray(0, 20)],
		["another encoding", "br", Buffer.from("x")],
	])("refuse %s with 400", async (_, encoding, body) => {
		const id = await started();
		expect(await put(id, [body], { "content-encoding": encoding })).toMatchObject({
			status: 400,
			body: { error: "invalid_request" },
		});
		expect((await report(id)).log).toBe(null);
	});

	it.each(["..%2f..%2fetc%2fpasswd", "%2e%2e", "a.log", "x%00", "-1"])(
		"know no name but those that the server made: %s (row 190)",
		async (name) => {
			for (const path of [`/v1/tasks/${name}/log`, `/v1/task-logs/${name}?expires=1&signature=x`]) {
				const method = path.includes("task-logs") ? "GET" : "PUT";
				const answer = await fetch(new URL(path, world.server.url), { method, headers: person });
				expect([400, 404]).toContain(answer.status);
			}
		},
	);

	it("a log that was changed in the database is an error with a status, or breaks off before the changed piece (row 190)", async () => {
		const id = await started();
		await put(id, [Buffer.alloc(megabyte, "secret ")]);
		const [log] = await database.db.select().from(taskLogs).where(eq(taskLogs.taskId, id));
		const change = (position: number) =>
			database.db
				.update(taskLogChunks)
				.set({ sealed: Buffer.alloc(300_000, 7) })
				.where(and(eq(taskLogChunks.logId, log?.id ?? ""), eq(taskLogChunks.position, position)));
		const url = await urlOf(id);
		await change(2);
		await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow();
		await change(0);
		const answer = await fetch(url);
		expect({ status: answer.status, body: await answer.json() }).toMatchObject({
			status: 500,
			body: { error: "server_error" },
		});
	});
});
