import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { taskFinished, taskReport, taskStarted, told } from "../src/contract/tasks.ts";
import { type ChannelsWorld, channelsWorld, type Headers } from "./helpers/channels-world.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("the routes of tasks, on $name", ({ open }) => {
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

	const end = (id: string, more: object = {}) => ({
		type: "task_finished",
		task_id: id,
		title: "make",
		exit_code: 2,
		signal: null,
		interrupted: false,
		duration_ms: 61_000,
		finished_at: new Date().toISOString(),
		tail: "ld: symbol not found\n",
		output_bytes: 21,
		...more,
	});

	it("take a task (201), its end (200) and show it to its user; the phone has it (rows 72, 73)", async () => {
		const made = await world.call("POST", "/v1/tasks", person, { cmd: "make", notify_on: "exit", channels: ["email"] });
		expect(made.status).toBe(201);
		const { task_id } = taskStarted.parse(made.body);
		const ended = await world.call("PATCH", `/v1/tasks/${task_id}`, person, end(task_id));
		expect(ended.status).toBe(200);
		expect(told.parse(ended.body)).toMatchObject({ outcome: "queued", channels: ["email"] });
		const shown = await world.call("GET", `/tasks/${task_id}`, person);
		expect(taskReport.parse(shown.body)).toMatchObject({ exit_code: 2, cmd: "make", duration_ms: 61_000 });
		const texts = () => world.server.deps.phone?.messages.map(({ text }) => text) ?? [];
		const text = await until(
			() => texts().find((each) => each.includes("Failed")),
			30_000,
			() => texts().join("\n"),
		);
		expect(text).toContain("❌ make\nFailed (code 2) in 1:01\nld: symbol not found");
	});

	it("take what a task tells of, one or several, and what it says before its end (rows 73, 74)", async () => {
		const made = await world.call("POST", "/v1/tasks", person, { cmd: "train", notify_on: ["exit", "regex"] });
		expect(made.status).toBe(201);
		const { task_id } = taskStarted.parse(made.body);
		const update = {
			type: "task_update",
			id: uuidv7(),
			task_id,
			kind: "regex",
			title: "train",
			running_ms: 65_000,
			occurred_at: new Date().toISOString(),
			text: "epoch 12: loss 0.1",
		};
		const path = `/v1/tasks/${task_id}/updates`;
		const first = await world.call("POST", path, person, update);
		expect({ ...first, body: told.parse(first.body) }).toMatchObject({ status: 200, body: { outcome: "queued" } });
		expect((await world.call("POST", path, person, update)).body).toMatchObject({ outcome: "duplicate" });
		for (const [body, status] of [
			[{ ...update, task_id: uuidv7() }, 400],
			[{ ...update, kind: "sometimes" }, 400],
		] as const) {
			expect(await world.call("POST", path, person, body)).toMatchObject({ status });
		}
		const other = uuidv7();
		expect(await world.call("POST", `/v1/tasks/${other}/updates`, person, { ...update, task_id: other })).toMatchObject(
			{
				status: 404,
			},
		);
		expect(await world.call("POST", path, {}, update)).toMatchObject({ status: 401 });
	});

	it.each([
		["a notify_on that there is not", { cmd: "make", notify_on: "sometimes" }],
		["one such among others", { cmd: "make", notify_on: ["exit", "sometimes"] }],
		["an empty notify_on", { cmd: "make", notify_on: [] }],
		["a field too many", { cmd: "make", log_url: "file:///etc/passwd" }],
		["a command that is no text", { cmd: 7 }],
	])("refuse %s (row 73)", async (_, body) => {
		expect(await world.call("POST", "/v1/tasks", person, body)).toMatchObject({
			status: 400,
			body: { error: "invalid_request", request_id: expect.any(String) },
		});
	});

	it("refuse an end for another task than the path's, one that is nobody's, and callers without a login (row 215)", async () => {
		const id = uuidv7();
		expect(await world.call("PATCH", `/v1/tasks/${id}`, person, end(uuidv7()))).toMatchObject({ status: 400 });
		expect(await world.call("PATCH", `/v1/tasks/${id}`, person, end(id))).toMatchObject({ status: 404 });
		expect(await world.call("PATCH", `/v1/tasks/${id}`, person, end(id, { type: "done" }))).toMatchObject({
			status: 400,
		});
		for (const [method, path, body] of [
			["POST", "/v1/tasks", { cmd: "make" }],
			["PATCH", `/v1/tasks/${id}`, end(id)],
			["GET", `/v1/tasks/${id}`, undefined],
			["POST", "/v1/notifications", { id, text: "x" }],
		] as const) {
			expect(await world.call(method, path, {}, body)).toMatchObject({ status: 401 });
		}
	});

	it("send a script's text", async () => {
		const sent = await world.call("POST", "/v1/notifications", person, { id: uuidv7(), text: "disk is full" });
		expect(told.parse(sent.body)).toMatchObject({ outcome: "queued" });
		expect(await world.call("POST", "/v1/notifications", person, { id: uuidv7(), text: " " })).toMatchObject({
			status: 400,
		});
	});

	it("the body of an end is the very schema that the machine makes it by (row 72)", () => {
		const mine = end(uuidv7());
		expect(taskFinished.parse(mine)).toEqual(mine);
	});
});
