import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorBody } from "../src/contract/errors.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import {
	type BodySchema,
	hostileForms,
	hostileHeaders,
	hostileQueries,
	hostileRequests,
	hostileSegments,
} from "./helpers/hostile.ts";
import { type RawAnswer, rawRequest, stubbornRequest } from "./helpers/raw-request.ts";
import { pairedPerson, type ReplyServer, startReplyServer, startSession } from "./helpers/reply-server.ts";

interface Operation {
	security?: Record<string, string[]>[];
	parameters?: { name: string; in: string }[];
	requestBody?: { content: Record<string, { schema: BodySchema }> };
}
interface Route {
	method: string;
	path: string;
	operation: Operation;
}

const someId = "01a1fbb0-aaa3-7589-b46f-48de621d6f85";
describe.each(databases)("hostile input on $name", ({ name: databaseName, open }) => {
	// What reads a request is the same for both: on the embedded one each route gets a quarter of it, the next route the next quarter.
	const parts = databaseName === "PGlite" ? 4 : 1;
	let turn = 0;
	const share = <T>(all: readonly T[]): T[] => {
		turn += 1;
		return all.filter((_, n) => (n + turn) % parts === 0);
	};
	let database: TestDatabase;
	let running: ReplyServer;
	let routes: Route[];

	beforeAll(async () => {
		database = await open();
		running = await startReplyServer(database);
		const answer = await fetch(new URL("/openapi.json", running.server.url));
		if (!answer.ok) throw new Error(await answer.text());
		const { paths } = (await answer.json()) as { paths: Record<string, Record<string, Operation>> };
		routes = Object.entries(paths).flatMap(([path, item]) =>
			Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
		);
	});
	afterAll(async () => {
		await running[Symbol.asyncDispose]();
		await database.close();
	});

	const url = () => running.server.url;

	/** A path with a real session in it, and whatever token the route asks for. */
	async function admission({ path, operation }: Route): Promise<{ path: string; headers: Record<string, string> }> {
		const needed = (operation.security ?? []).flatMap((each) => Object.keys(each));
		if (needed.length === 0) return { path: path.replaceAll(/\{\w+\}/g, someId), headers: {} };
		const person = await pairedPerson(running);
		if (!needed.includes("sessionToken")) return { path: path.replaceAll(/\{\w+\}/g, someId), headers: person.headers };
		const session = await startSession(running, person);
		const own = path.replace("{id}", session.id).replaceAll(/\{\w+\}/g, someId);
		return { path: own, headers: session.headers };
	}

	/** What is wrong with an answer to a wrong request, in words. */
	function problemsOf(what: string, answer: RawAnswer): string[] {
		if (answer.status < 400) return [];
		// A page for people says in words what was wrong.
		if (answer.status < 500 && what.includes(" /login") && answer.text.startsWith("<!DOCTYPE html>")) return [];
		const body = errorBody.safeParse(parsed(answer.text));
		if (answer.status < 500 && body.success && body.data.request_id !== "") return [];
		return [`${what}: ${answer.status} ${answer.text.slice(0, 300)}`];
	}

	it("in any body of any route is refused with a code and a request id (rows 71, 196)", async () => {
		const problems: string[] = [];
		const codes = new Map<string, number>();
		for (const route of routes) {
			const schema = route.operation.requestBody?.content["application/json"]?.schema;
			if (schema === undefined) continue;
			const { path, headers: tokens } = await admission(route);
			for (const { name, headers, body } of share(hostileRequests(schema))) {
				const answer = await rawRequest(url(), {
					method: route.method,
					path,
					headers: { ...tokens, ...headers },
					body,
				});
				problems.push(...problemsOf(`${route.method} ${path} with ${name}`, answer));
				const code = codeOf(answer);
				codes.set(code, (codes.get(code) ?? 0) + 1);
			}
		}
		expect(problems.slice(0, 20)).toEqual([]);
		const total = [...codes.values()].reduce((sum, count) => sum + count, 0);
		const refused = (codes.get("invalid_request") ?? 0) + (codes.get("payload_too_large") ?? 0);
		// All but the few `{}` that are right, and what comes after them.
		expect(refused / total, JSON.stringify([...codes])).toBeGreaterThan(0.97);
		expect(total).toBeGreaterThan(700 / parts);
	}, 120_000);

	it("in any form of any page is refused or ignored", async () => {
		const problems: string[] = [];
		for (const { method, path, operation } of routes) {
			const schema = operation.requestBody?.content["application/x-www-form-urlencoded"]?.schema;
			if (schema === undefined || path.includes("/webhooks/")) continue;
			const fields = Object.keys(schema.properties ?? {});
			expect(fields.length).toBeGreaterThan(0);
			for (const { name, headers, body } of hostileForms(fields)) {
				const answer = await rawRequest(url(), { method, path, headers: { origin: url().origin, ...headers }, body });
				problems.push(...problemsOf(`${method} ${path} with ${name}`, answer));
			}
		}
		expect(problems.slice(0, 20)).toEqual([]);
	});

	it("in any path, query or header of any route is never the server's failure", async () => {
		const problems: string[] = [];
		for (const route of routes) {
			const { path, headers } = await admission(route);
			const segments = hostileSegments.map((segment) => ({
				path: route.path.replaceAll(/\{\w+\}/g, segment),
				headers,
			}));
			const last = hostileSegments.map((segment) => ({ path: `${path}/${segment}`, headers }));
			const queries = hostileQueries.map((query) => ({ path: `${path}?${query}`, headers }));
			const wrong = hostileHeaders.map((more) => ({ path, headers: { ...headers, ...more } }));
			for (const each of share([...segments, ...last, ...queries, ...wrong])) {
				const answer = await rawRequest(url(), { method: route.method, ...each });
				problems.push(...problemsOf(`${route.method} ${each.path.slice(0, 200)} ${Object.keys(each.headers)}`, answer));
			}
		}
		expect(problems.slice(0, 20)).toEqual([]);
	}, 120_000);

	it.each(["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY"])(
		"by the method %s is answered like an unknown address",
		async (method) => {
			const problems: string[] = [];
			for (const { path } of routes) {
				const answer = await rawRequest(url(), { method, path: path.replaceAll(/\{\w+\}/g, someId) });
				if (answer.status < 400) problems.push(`${method} ${path}: ${answer.status}`);
				problems.push(...problemsOf(`${method} ${path}`, answer));
			}
			expect(problems.slice(0, 20)).toEqual([]);
		},
	);

	it("in a signed webhook is taken or refused, and never the server's failure", async () => {
		const inbound = running.twilio.inboundUrl ?? "";
		const person = await pairedPerson(running);
		await startSession(running, person);
		const sid = `SM${"9".repeat(32)}`;
		for (const params of [
			{},
			{ MessageSid: sid },
			{ MessageSid: sid, From: person.number, Body: "\u0000\ud800\u202e\u001b[2J" },
			{ MessageSid: sid.toLowerCase(), From: person.number, Body: "x".repeat(50_000) },
			{ MessageSid: "SM'; drop table inbound; --", From: person.number, Body: "x" },
			{ MessageSid: sid, From: `${person.number}\u0000`, Body: "x" },
			{ MessageSid: sid, From: "client:__proto__", Body: "x", __proto__x: "y", constructor: "z" },
			{ MessageSid: sid, MessageStatus: "\u0000", ErrorCode: "NaN" },
		]) {
			for (const target of [
				inbound,
				inbound.replace("message", "status"),
				`${inbound.replace("message", "status")}?delivery=%00x`,
			]) {
				const { status } = await running.twilio.post(target, params as Record<string, string>);
				expect([200, 204], `${target} ${JSON.stringify(params).slice(0, 100)}`).toContain(status);
			}
		}
	});

	it("of 1 GB without a length is cut off early, and memory stays flat", async () => {
		const person = await pairedPerson(running);
		const session = await startSession(running, person);
		const json = { "content-type": "application/json" };
		for (const { path, headers } of [
			{ path: "/v1/login", headers: json },
			{ path: `/v1/sessions/${session.id}/events`, headers: { ...json, ...session.headers } },
			{ path: "/webhooks/twilio/message", headers: { "content-type": "application/x-www-form-urlencoded" } },
			{ path: "/dev/phone/send", headers: { ...json, origin: running.server.url.origin } },
			{ path: "/nothing/here", headers: json },
		]) {
			const before = process.memoryUsage.rss();
			const sent = await stubbornRequest(url(), { path, headers, bytes: 1024 ** 3 });
			expect(sent.received, path).toMatch(/^HTTP\/1\.1 413 /);
			expect(codeOf({ text: sent.received.slice(sent.received.indexOf("\r\n\r\n") + 4) }), path).toBe(
				"payload_too_large",
			);
			expect(sent.sentBytes, path).toBeLessThan(256 * 1024 ** 2);
			expect(sent.highestRss - before, path).toBeLessThan(100 * 1024 ** 2);
		}
	}, 60_000);

	it("of 1 GB by its own word is refused before a byte of it has come", async () => {
		const headers = { "content-type": "application/json", "content-length": String(1024 ** 3) };
		const answer = await rawRequest(url(), { method: "POST", path: "/v1/login", headers });
		expect([answer.status, codeOf(answer)]).toEqual([413, "payload_too_large"]);
	});

	it("leaves the server as it was: it is ready, and nothing was logged as a bug", async () => {
		expect((await fetch(new URL("/readyz", url()))).status).toBe(200);
		expect(running.logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
	});
});

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function codeOf({ text }: { text: string }): string {
	const body = errorBody.safeParse(parsed(text));
	return body.success ? body.data.error : "none";
}
