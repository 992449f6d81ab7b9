import { randomBytes } from "node:crypto";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEnv } from "../server/env.ts";
import { startServer } from "../server/start.ts";
import { taskReport, taskStarted } from "../src/contract/tasks.ts";
import { type AuthServer, startAuthServer } from "./helpers/auth-server.ts";
import { type ChannelsWorld, channelsWorld, type Headers } from "./helpers/channels-world.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { putLog } from "./helpers/put-log.ts";

describe.each(databases)("the links to full logs, on $name", ({ open }) => {
	let database: TestDatabase;
	let world: ChannelsWorld;
	let person: Headers;
	/** The same server once more, whose clock and log are the test's. */
	let later: AuthServer;
	let ahead = 0;

	beforeAll(async () => {
		database = await open();
		world = await channelsWorld(database);
		person = await world.pair("ann@example.com");
		later = await startAuthServer({ database, now: () => new Date(Date.now() + ahead) });
	});
	afterAll(async () => {
		await later[Symbol.asyncDispose]();
		await world[Symbol.asyncDispose]();
		await database.close();
	});

	async function started(): Promise<string> {
		const { body } = await world.call("POST", "/v1/tasks", person, { cmd: "make" });
		return taskStarted.parse(body).task_id;
	}
	const put = (id: string, chunks: Iterable<Uint8Array>) => putLog(world.server.url, id, chunks, person);
	async function urlOf(id: string): Promise<URL> {
		const { log_url } = taskReport.parse((await world.call("GET", `/v1/tasks/${id}`, person)).body);
		if (log_url === null) throw new Error("there is no link");
		return new URL(log_url);
	}

	it("open one log and no other; what is changed or made up opens none (row 215)", async () => {
		const [one, two] = [await started(), await started()];
		await put(one, [Buffer.from("one")]);
		await put(two, [Buffer.from("two")]);
		const url = await urlOf(one);
		expect(await (await fetch(url)).text()).toBe("one");
		const changed = [
			(it: URL) => it.searchParams.set("signature", "x".repeat(43)),
			(it: URL) => it.searchParams.set("signature", ""),
			(it: URL) => it.searchParams.set("expires", String(Number(it.searchParams.get("expires")) + 1)),
			(it: URL) => (it.pathname = `/v1/task-logs/${uuidv7()}`),
			async (it: URL) => (it.pathname = (await urlOf(two)).pathname),
		];
		for (const change of changed) {
			const other = new URL(url);
			await change(other);
			const answer = await fetch(other);
			expect({ status: answer.status, body: await answer.json() }).toMatchObject({
				status: 403,
				body: { error: "forbidden", message: "This link is not valid." },
			});
		}
	});

	it("end after a quarter of an hour, and say so then (row 215)", async () => {
		const id = await started();
		await put(id, [Buffer.from("text")]);
		const url = await urlOf(id);
		const at = new URL(`${url.pathname}${url.search}`, later.url);
		ahead = 14 * 60_000;
		expect((await fetch(at)).status).toBe(200);
		ahead = 15 * 60_000 + 1000;
		const answer = await fetch(at).finally(() => {
			ahead = 0;
		});
		expect({ status: answer.status, body: await answer.json() }).toMatchObject({
			status: 403,
			body: { message: "This link has expired. Ask for the task again to get a new one." },
		});
		const lines = later.logged.join("");
		expect(lines).toContain("/task-logs/:id");
		expect(lines).not.toContain(url.searchParams.get("signature"));
	});

	it("are nobody else's: another user hears of no task, and whoever has no login of none either (row 215)", async () => {
		const id = await started();
		await put(id, [Buffer.from("mine")]);
		const other = await world.pair("bob@example.com", { machine: "desktop" });
		expect(await world.call("GET", `/v1/tasks/${id}`, other)).toMatchObject({ status: 404 });
		for (const [headers, status] of [
			[other, 404],
			[{}, 401],
		] as const) {
			const init = { method: "PUT", headers: { ...headers, "content-type": "text/plain" }, body: "x" };
			expect((await fetch(new URL(`/v1/tasks/${id}/log`, world.server.url), init)).status).toBe(status);
		}
		expect(await (await fetch(await urlOf(id))).text()).toBe("mine");
	});

	it("open what was kept before on a server with a newer master key; one with half a key does not start (row 190)", async () => {
		const id = await started();
		await put(id, [Buffer.from("before")]);
		const url = await urlOf(id);
		const start = (TASK_LOG_KEYS: string) =>
			startServer({
				env: readEnv({ PORT: "0", DATA_DIR: database.dataDir, TASK_LOG_KEYS, LOG_LEVEL: "silent" }),
				database,
			});
		const newer = randomBytes(32).toString("base64");
		const server = await start(`${newer}, ${randomBytes(32).toString("hex")}`);
		try {
			expect(server.deps.logVault.current).not.toBe(world.server.deps.logVault.current);
			expect(await (await fetch(new URL(`${url.pathname}${url.search}`, server.url))).text()).toBe("before");
		} finally {
			await server.close();
		}
		await expect(start(newer.slice(0, 20))).rejects.toThrow(/^TASK_LOG_KEYS: the key must be 32 bytes\.$/);
	});
});
