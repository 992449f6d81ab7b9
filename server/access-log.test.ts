import { Hono } from "hono";
import { requestId } from "hono/request-id";
import { expect, it } from "vitest";
import { accessLog } from "./access-log.ts";
import type { AppEnv } from "./http.ts";

async function lineOf(path: string): Promise<{ level: string; fields: Record<string, unknown> }> {
	const lines: { level: string; fields: Record<string, unknown> }[] = [];
	const note = (level: string) => (fields: object) => void lines.push({ level, fields: { ...fields } });
	const app = new Hono<AppEnv>();
	app.onError((_, c) => c.text("failed", 500));
	app.use(requestId({ headerName: "" }));
	app.use(accessLog({ debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") }));
	const api = new Hono<AppEnv>();
	api.get("/sessions/:id/inbox", (c) => c.text("ok"));
	api.get("/status", (c) => c.text("ok"));
	api.get("/broken", () => {
		throw new Error("a bug");
	});
	app.route("/v1", api);
	await app.request(path, { headers: { authorization: "Bearer secret-token-1" } });
	const [line] = lines;
	if (line === undefined || lines.length !== 1) throw new Error(`${lines.length} lines instead of one`);
	return line;
}

it("writes one line with the route's pattern instead of path and query (row 48)", async () => {
	const { level, fields } = await lineOf("/v1/sessions/0190f2a0/inbox?to=%2B15551238912&token=secret");
	expect(level).toBe("debug");
	expect(fields).toEqual({
		request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
		method: "GET",
		route: "/v1/sessions/:id/inbox",
		status: 200,
		ms: expect.any(Number),
	});
});

it("keeps what companions ask all the time for the level debug", async () => {
	expect((await lineOf("/v1/sessions/0190f2a0/inbox")).level).toBe("debug");
	expect((await lineOf("/v1/status")).level).toBe("info");
});

it("keeps an unknown path out of the log, since it may hold anything", async () => {
	const { fields } = await lineOf("/callback/+15551238912");
	expect(JSON.stringify(fields)).not.toContain("5551238912");
	expect(fields["status"]).toBe(404);
});

it("warns of what went wrong on the server", async () => {
	const { level, fields } = await lineOf("/v1/broken");
	expect([level, fields["status"]]).toEqual(["warn", 500]);
});
