import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../server/app.ts";
import type { AppDeps } from "../server/app-deps.ts";
import { statusOf } from "../server/errors.ts";
import { type ErrorBody, errorBody } from "../src/contract/errors.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { type Person, pairedPerson, type ReplyServer, startReplyServer, startSession } from "./helpers/reply-server.ts";

const json = { "content-type": "application/json" };

describe.each(databases)("the error body on $name", ({ open }) => {
	let database: TestDatabase;
	let running: ReplyServer;
	let person: Person;
	let hours = 0;

	beforeAll(async () => {
		database = await open();
		running = await startReplyServer(database, { now: () => new Date(Date.now() + hours * 3_600_000) });
		person = await pairedPerson(running);
	});
	afterAll(async () => {
		await running[Symbol.asyncDispose]();
		await database.close();
	});

	async function refused(answer: Response): Promise<ErrorBody> {
		const body = errorBody.parse(await answer.json());
		expect(answer.status).toBe(statusOf[body.error]);
		expect(body.message).toMatch(/\w+ \w+/);
		expect(body.request_id).toMatch(/^[0-9a-f-]{36}$/);
		return body;
	}
	const send = (path: string, init: RequestInit = {}) => fetch(new URL(path, running.server.url), init);
	const post = (path: string, body: unknown, headers: Record<string, string>) =>
		send(path, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });
	/** The same app with something else in the place of one of its parts. */
	const withParts = (parts: Partial<AppDeps>) => createApp({ ...running.server.deps, ...parts });

	it("says invalid_request and where the request is wrong (row 71)", async () => {
		const body = await refused(await post("/v1/login", { mode: "remote", channel: "pigeon" }, {}));
		expect(body).toMatchObject({
			error: "invalid_request",
			details: expect.arrayContaining([{ path: "state", message: expect.any(String) }]),
		});
	});

	it("says unauthorized without a token and with a wrong one (row 71)", async () => {
		for (const headers of [{}, { authorization: "Bearer x" }]) {
			const answer = await send("/v1/status", { headers });
			expect(answer.headers.get("www-authenticate")).toBe("Bearer");
			expect(await refused(answer)).toMatchObject({ error: "unauthorized" });
		}
	});

	it("says token_expired when a good token is too old (row 71)", async () => {
		hours = 37;
		const answer = await send("/v1/status", { headers: person.headers }).finally(() => {
			hours = 0;
		});
		expect(await refused(answer)).toMatchObject({ error: "token_expired" });
	});

	it("says forbidden to the token of another session", async () => {
		const [one, two] = [await startSession(running, person, "one"), await startSession(running, person, "two")];
		const answer = await send(`/v1/sessions/${one.id}/inbox`, { headers: two.headers });
		expect(await refused(answer)).toMatchObject({ error: "forbidden" });
	});

	it("says session_not_found once the session has stopped (row 71)", async () => {
		const session = await startSession(running, person);
		const stopped = { reason: "user", final_state: "stopped", ended_at: new Date().toISOString() };
		expect((await post(`/v1/sessions/${session.id}/stop`, stopped, session.headers)).status).toBe(200);
		const answer = await send(`/v1/sessions/${session.id}/inbox`, { headers: session.headers });
		expect(await refused(answer)).toMatchObject({ error: "session_not_found" });
	});

	it("says not_found for an unknown address", async () => {
		expect(await refused(await send("/v1/nothing"))).toMatchObject({ error: "not_found" });
	});

	it("says conflict for a session that is monitored already", async () => {
		const start = {
			claude_session_id: running.server.deps.id(),
			description: "api",
			hostname: "laptop",
			cwd: "/work",
			started_at: new Date().toISOString(),
		};
		expect((await post("/v1/sessions/start", start, person.headers)).status).toBe(200);
		expect(await refused(await post("/v1/sessions/start", start, person.headers))).toMatchObject({ error: "conflict" });
	});

	it("says rate_limited with the time to wait (row 71)", async () => {
		const session = await startSession(running, person);
		const report = () =>
			post(
				`/v1/sessions/${session.id}/events`,
				{ id: running.server.deps.id(), type: "error", occurred_at: new Date().toISOString(), details: {} },
				session.headers,
			);
		expect((await report()).status).toBe(200);
		const limited = await report();
		expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(1000);
		expect(await refused(limited)).toMatchObject({ error: "rate_limited" });
	});

	it("says payload_too_large before it has read everything", async () => {
		expect(await refused(await post("/v1/login", { address: "x".repeat(100_000) }, {}))).toMatchObject({
			error: "payload_too_large",
		});
	});

	it("reads a webhook that is larger than any request of ours: a stranger's mail can have hundreds of recipients", async () => {
		const headers = { "content-type": "application/x-www-form-urlencoded" };
		const ofSize = (size: number) => ({ method: "POST", headers, body: `Body=${"x".repeat(size)}` });
		expect((await send("/webhooks/twilio/message", ofSize(500_000))).status).toBe(401);
		expect((await send("/v1/webhooks/twilio/message", ofSize(1_100_000))).status).toBe(413);
	});

	it("says unavailable while the server shuts down", async () => {
		const answer = await withParts({ draining: () => true }).request("/readyz");
		expect(await refused(answer)).toMatchObject({ error: "unavailable" });
	});

	it("says server_error and nothing else of a bug; the log has its stack under the same id (row 71)", async () => {
		const tokens = {
			...running.server.deps.tokens,
			jwks: () => {
				throw new Error("detail 4711 at postgres://u:p@db/x");
			},
		};
		const answer = await withParts({ tokens }).request("/.well-known/jwks.json");
		const text = await answer.clone().text();
		const body = await refused(answer);
		expect(body.error).toBe("server_error");
		expect(text).not.toMatch(/4711|postgres|error-codes\.test/);
		const line = running.logged.find((each) => each.includes(body.request_id) && each.includes("stack"));
		expect(line).toMatch(/4711.*error-codes\.test/);
		expect(line).not.toContain("u:p@");
	});
});
