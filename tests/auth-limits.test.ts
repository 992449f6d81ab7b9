import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttpLimits } from "../server/auth/http-limits.ts";
import { errorBody } from "../src/contract/errors.ts";
import { type AuthWorld, openAuthWorld } from "./helpers/auth-world.ts";
import { databases } from "./helpers/database.ts";

describe.each(databases)("a network address on $name", ({ open }) => {
	let world: AuthWorld;
	let addresses = 0;

	beforeAll(async () => {
		world = await openAuthWorld(open, { limits: createHttpLimits(), trustedProxies: 1 });
	});
	afterAll(() => world.close());

	const freshAddress = () => {
		addresses += 1;
		return `198.51.100.${addresses}`;
	};
	const get = (path: string, from: string, headers: Record<string, string> = {}) =>
		fetch(new URL(path, world.server.url), { headers: { "x-forwarded-for": from, ...headers } });

	async function spend(from: string, requests = 100): Promise<number[]> {
		const answers = await Promise.all(Array.from({ length: requests }, () => get("/openapi.json", from)));
		await Promise.all(answers.map((answer) => answer.arrayBuffer()));
		return answers.map(({ status }) => status);
	}

	it("gets an answer to 100 requests in a minute, and 429 with Retry-After to the 101st (row 85)", async () => {
		const from = freshAddress();
		expect((await spend(from)).every((status) => status === 200)).toBe(true);
		for (const path of ["/openapi.json", "/status", "/v1/status", "/login", "/nowhere", "/"]) {
			const answer = await get(path, from);
			expect(answer.status, path).toBe(429);
			expect(errorBody.parse(await answer.json()).error).toBe("rate_limited");
			const wait = Number(answer.headers.get("retry-after"));
			expect(wait).toBeGreaterThanOrEqual(1);
			expect(wait).toBeLessThanOrEqual(60);
		}
		expect((await get("/openapi.json", freshAddress())).status).toBe(200);
	});

	it("counts its requests to all endpoints together, also those that come at once (row 85)", async () => {
		const from = freshAddress();
		const paths = ["/login", "/status", "/openapi.json", "/nowhere"];
		const answers = await Promise.all(
			Array.from({ length: 140 }, (_, index) => get(paths[index % paths.length] ?? "/", from)),
		);
		expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
	});

	it("that is spent still reaches health, and webhooks as often as a provider needs (row 85)", async () => {
		const from = freshAddress();
		await spend(from);
		for (const path of ["/healthz", "/readyz"]) expect((await get(path, from)).status).toBe(200);
		const answers = await Promise.all(
			Array.from({ length: 150 }, () =>
				fetch(new URL("/webhooks/twilio/message", world.server.url), {
					method: "POST",
					headers: { "x-forwarded-for": from },
					body: new URLSearchParams({ Body: "unsigned" }),
				}),
			),
		);
		expect(answers.some(({ status }) => status === 429)).toBe(false);
	});

	it("that is spent does not hold a session with its valid token, and holds guesses at tokens (row 85)", async () => {
		const given = await world.login();
		const session = await world.startSession(given);
		const beat = (token: string, from: string) => {
			const now = new Date().toISOString();
			return world.post(
				`/sessions/${session.id}/heartbeat`,
				{ timestamp: now, last_activity: now },
				{ authorization: `Bearer ${token}`, "x-forwarded-for": from },
			);
		};
		const from = freshAddress();
		await spend(from);
		const beats = await Promise.all(Array.from({ length: 120 }, () => beat(session.token, from)));
		expect(beats.every(({ status }) => status === 200)).toBe(true);
		expect(await beat("x".repeat(43), from)).toMatchObject({ status: 429, body: { error: "rate_limited" } });
		const guesser = freshAddress();
		const guesses = await Promise.all(Array.from({ length: 120 }, () => beat("y".repeat(43), guesser)));
		expect(guesses.filter(({ status }) => status === 401)).toHaveLength(100);
		expect(guesses.filter(({ status }) => status === 429)).toHaveLength(20);
	});

	it("of IPv6 is the customer's whole /64, and entries that the caller wrote himself do not help", async () => {
		const first = await spend("2001:db8:1:2::1", 60);
		const second = await spend("2001:db8:1:2:ffff::9", 60);
		expect([...first, ...second].filter((status) => status === 429)).toHaveLength(20);
		expect((await get("/openapi.json", "2001:db8:1:3::1")).status).toBe(200);
		const from = freshAddress();
		await spend(from);
		expect((await get("/openapi.json", `203.0.113.77, ${from}`)).status).toBe(429);
	});
});
