import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { uuidv7 } from "uuidv7";
import { describe, expect, it } from "vitest";
import { accepted, refusal, startScriptedServer } from "../tests/helpers/scripted-server.ts";
import { ApiClient } from "./api-client.ts";
import { ApiError, isGone, isPassing, ServerUnreachable } from "./api-errors.ts";

const fingerprint = "f".repeat(64);
const session = { session_id: randomUUID(), session_token: "session-token" };
const event = { id: uuidv7(), type: "done" as const, occurred_at: new Date().toISOString(), details: {} };

describe("the API client", () => {
	it("speaks to /v1, as this machine and with the token of the call", async () => {
		await using server = await startScriptedServer();
		const api = new ApiClient({ server: server.url, fingerprint });
		server.on("GET /status", () => ({ status: 200, body: { channels: [], sessions: [] } }));
		await api.status("access-1");
		await api.heartbeat(session, { timestamp: event.occurred_at, last_activity: event.occurred_at });
		expect(server.requests[0]?.headers).toMatchObject({
			authorization: "Bearer access-1",
			"x-device-fingerprint": fingerprint,
		});
		expect(server.requests[1]).toMatchObject({
			method: "POST",
			path: `/sessions/${session.session_id}/heartbeat`,
			headers: { authorization: "Bearer session-token", "content-type": "application/json" },
		});
	});

	it("sends no token where none is needed", async () => {
		await using server = await startScriptedServer();
		const api = new ApiClient({ server: server.url, fingerprint });
		await api.exchange({ temp_token: "t".repeat(32), code_verifier: "v".repeat(43) }, "laptop");
		expect(server.requests[0]?.headers.authorization).toBeUndefined();
		expect(server.requests[0]?.body).toEqual({
			temp_token: "t".repeat(32),
			code_verifier: "v".repeat(43),
			device: { name: "laptop", fingerprint, time_zone: expect.stringMatching(/^[A-Z]/) },
		});
	});

	it("keeps the path of a server that lives below one", async () => {
		await using server = await startScriptedServer();
		const api = new ApiClient({ server: `${server.url}/notify`, fingerprint });
		await expect(api.status("a")).rejects.toThrow(ApiError);
		expect(server.requests[0]?.path).toBe("/notify/v1/status");
		const query = {
			callback_uri: "http://127.0.0.1:1/cb",
			state: "s",
			code_challenge: "c",
			code_challenge_method: "S256",
		} as const;
		expect(api.loginUrl(query)).toBe(
			`${server.url}/notify/login?callback_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcb&state=s&code_challenge=c&code_challenge_method=S256`,
		);
	});

	it("takes 'every channel was limited' as an answer, not as an error", async () => {
		await using server = await startScriptedServer();
		const api = new ApiClient({ server: server.url, fingerprint });
		server.on("POST /sessions/*/events", ({ body }) => ({
			status: 429,
			body: { ...accepted(body, "limited", 120), error: "rate_limited", message: "limited", request_id: "r" },
		}));
		expect(await api.reportEvent(session, event)).toMatchObject({ outcome: "limited", retry_after: 120 });
	});

	it("gives nothing when the inbox has nothing", async () => {
		await using server = await startScriptedServer();
		const api = new ApiClient({ server: server.url, fingerprint });
		expect(await api.readInbox(session, { wait: 0, after: 7 })).toBeUndefined();
		expect(server.requests[0]?.query.toString()).toBe("wait=0&after=7");
	});

	it("tells the server's refusal with its code, its words and the request's id", async () => {
		await using server = await startScriptedServer();
		const api = new ApiClient({ server: server.url, fingerprint });
		server.on("GET /status", () => refusal(401, "token_expired", "The token has expired.", { a: 1 }));
		const error = await api.status("a").catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(ApiError);
		expect(error).toMatchObject({
			code: "token_expired",
			status: 401,
			message: "The token has expired.",
			details: { a: 1 },
			requestId: "test-request",
		});
		expect([isGone(error), isPassing(error)]).toEqual([true, false]);
	});

	it.each([
		[404, "session_not_found", true, false],
		[404, "not_found", false, false],
		[400, "invalid_request", false, false],
		[429, "rate_limited", false, true],
		[503, "unavailable", false, true],
	])("knows what a %i %s means for a session", async (status, code, gone, passing) => {
		await using server = await startScriptedServer();
		const api = new ApiClient({ server: server.url, fingerprint });
		server.on("POST /sessions/*/events", () => ({ ...refusal(status, code), headers: { "retry-after": "7" } }));
		const error = await api.reportEvent(session, event).catch((thrown: unknown) => thrown);
		expect([isGone(error), isPassing(error)]).toEqual([gone, passing]);
		expect(error).toMatchObject({ retryAfterMs: 7000 });
	});

	it.each([
		["a proxy's page", { status: 502, body: "<html>Bad gateway</html>" }],
		["a login page of the network", { status: 200, body: "<html>Welcome to our hotel</html>" }],
		["another service's JSON", { status: 200, body: { hello: "world" } }],
		["an answer that never ends", { status: 200, body: "x".repeat(300_000) }],
		["a redirect, which would carry the token away", { status: 307, headers: { location: "http://127.0.0.1:9/" } }],
	])("takes %s for no answer of the server", async (_what, answer) => {
		await using server = await startScriptedServer();
		const api = new ApiClient({ server: server.url, fingerprint });
		server.on("GET /status", () => answer);
		const error = await api.status("access-1").catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(ServerUnreachable);
		expect(server.requests).toHaveLength(1);
	});

	it("says why a server cannot be reached", async () => {
		await using server = await startScriptedServer();
		await server.goDown();
		const api = new ApiClient({ server: server.url, fingerprint });
		await expect(api.status("a")).rejects.toThrow(`${server.url} cannot be reached: ECONNREFUSED`);
	});

	it("gives up on a server that takes the connection and never answers", async () => {
		const deaf = createServer();
		await new Promise<void>((listening) => deaf.listen(0, "127.0.0.1", listening));
		const address = deaf.address();
		const port = typeof address === "object" ? address?.port : 0;
		const api = new ApiClient({ server: `http://127.0.0.1:${port}`, fingerprint, timeoutMs: 150 });
		await expect(api.status("a")).rejects.toThrow(/no answer within/);
		deaf.close();
	});

	it("can be called off", async () => {
		await using server = await startScriptedServer();
		const api = new ApiClient({ server: server.url, fingerprint });
		const leave = new AbortController();
		const waiting = api.readInbox(session, { wait: 25, after: 0 }, leave.signal);
		leave.abort();
		await expect(waiting).rejects.toThrow(ServerUnreachable);
	});

	it("refuses a certificate that nobody vouches for (row 118)", async () => {
		const { createServer: createTlsServer } = await import("node:https");
		const { readFileSync } = await import("node:fs");
		const pem = readFileSync(new URL("../tests/helpers/example-host.pem", import.meta.url), "utf8");
		const server = createTlsServer({ key: pem, cert: pem }, (_request, response) => response.end("{}"));
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		const address = server.address();
		const port = typeof address === "object" ? address?.port : 0;
		const api = new ApiClient({ server: `https://127.0.0.1:${port}`, fingerprint });
		await expect(api.status("a")).rejects.toThrow(/SELF_SIGNED|UNABLE_TO|ALTNAME/);
		server.close();
	});
});
