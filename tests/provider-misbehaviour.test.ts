import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveries } from "../server/db/schema.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addDelivery, addUser } from "./helpers/fixture.ts";
import {
	bomb,
	drip,
	dripHeaders,
	flood,
	hang,
	headerFlood,
	type Misdeed,
	noHttp,
	refuse,
	reset,
	resetMidBody,
	startMisbehavingProvider,
	startSilentHost,
	startUnreachableHost,
} from "./helpers/misbehaving-provider.ts";
import { type OutboxWorld, outboxWorld } from "./helpers/outbox-world.ts";
import { hex, twilioVariables } from "./helpers/twilio-wire.ts";
import { until } from "./helpers/until.ts";
import { connected } from "./rows/row.ts";

/** Of the worker: the whole attempt; small, so that the tests are quick. */
const sendTimeoutMs = 700;
/** Half a second before the second attempt, whatever the provider says nothing of. */
const backOff = { baseMs: 1000, maxMs: 300_000, random: () => 0.5 };
const ownWait: [number, number] = [500, 500];
const account = { accountSid: `AC${hex(16)}`, authToken: hex(16), number: "+15005550006" };

const twilioAt = (baseUrl: string) => connected("sms", twilioVariables({ ...account, baseUrl }));

const inThirtySeconds = () => new Date(Date.now() + 30_000).toUTCString();
/** A date is whole seconds of two clocks, and its wait has a tenth of jitter. */
const dated: [number, number] = [28_000, 34_000];

describe("a provider that misbehaves", () => {
	let database: TestDatabase;
	let world: OutboxWorld;

	beforeAll(async () => {
		database = await databases[1].open();
		world = outboxWorld(database.db);
	});
	afterAll(() => database.close());

	/** One SMS through Twilio at this address, queued and under way. */
	async function sending(baseUrl: string, timeoutMs = sendTimeoutMs) {
		const id = await addDelivery(world.deps, await addUser(world.deps));
		const deps = { ...world.deps, channels: new Map([["sms", twilioAt(baseUrl)]]) };
		world.start({ sendTimeoutMs: timeoutMs, backOff }, deps);
		return {
			id,
			/** The row after the first attempt, and how long the next one waits. */
			async afterFirst(patienceMs = 5000) {
				const row = await until(
					async () => {
						const at = await world.rowOf(id);
						return at.attempts > 0 && at.state !== "leased" && at;
					},
					patienceMs,
					async () => JSON.stringify(await world.rowOf(id)),
				);
				return { ...row, waitMs: row.nextAttemptAt.getTime() - row.updatedAt.getTime() };
			},
			hurry: () => database.db.update(deliveries).set({ nextAttemptAt: sql`now()` }).where(eq(deliveries.id, id)),
		};
	}

	it.each<[string, Misdeed, [number, number]]>([
		["429 with Retry-After in seconds", refuse(429, { "retry-after": "2" }), [2000, 2200]],
		["429 with Retry-After as a date", (r, q) => refuse(429, { "retry-after": inThirtySeconds() })(r, q), dated],
		["429 with a Retry-After that is garbage", refuse(429, { "retry-after": "soon, promise" }), ownWait],
		["429 with a Retry-After of a day", refuse(429, { "retry-after": "86400" }), [900_000, 990_000]],
		["429 with a Retry-After of 300,000 years", refuse(429, { "retry-after": "9999999999999" }), [900_000, 990_000]],
		["429 with a Retry-After before now", refuse(429, { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" }), ownWait],
		["429 with a Retry-After below zero", refuse(429, { "retry-after": "-5" }), ownWait],
		["429 with a Retry-After of nothing", refuse(429, { "retry-after": "0" }), ownWait],
		["429 without Retry-After", refuse(429), ownWait],
		["429 as a page of HTML", refuse(429, { "retry-after": "2" }, "<h1>Slow down</h1>"), [2000, 2200]],
		["500", refuse(500), ownWait],
		["503 with Retry-After", refuse(503, { "retry-after": "7" }), [7000, 7700]],
		["502 as a page of HTML", refuse(502, {}, "<h1>Bad gateway</h1>"), ownWait],
		["408", refuse(408), ownWait],
		["no answer at all", hang, ownWait],
		["an answer of one byte now and then", drip, ownWait],
		["headers of one byte now and then", dripHeaders, ownWait],
		["an answer of 100 MB", flood, ownWait],
		["100 MB in an answer of 100 kB", bomb, ownWait],
		["a megabyte of headers", headerFlood, ownWait],
		["a connection that is reset", reset, ownWait],
		["a connection that is reset in the middle of the answer", resetMidBody, ownWait],
		["something that is not HTTP", noHttp, ownWait],
		["201 with a page of HTML", refuse(201, {}, "<h1>Welcome to the airport</h1>"), ownWait],
		["201 with nothing", refuse(201, {}, ""), ownWait],
		["200 with JSON that is no message", refuse(200, { "content-type": "application/json" }, "[1]"), ownWait],
		["204", (response) => void response.writeHead(204).end(), ownWait],
	])(
		"answers with %s: it is tried again after the right wait, and then has left once (row 95)",
		async (_name, misdeed, [least, most]) => {
			await using provider = await startMisbehavingProvider();
			provider.misdeeds.push(misdeed);
			const begun = performance.now();
			const sms = await sending(provider.baseUrl);
			const row = await sms.afterFirst();
			expect(performance.now() - begun).toBeLessThan(4000);
			expect(row).toMatchObject({ state: "pending", attempts: 1 });
			expect(row.waitMs).toBeGreaterThanOrEqual(least);
			expect(row.waitMs).toBeLessThanOrEqual(most);
			expect(row.error).toMatch(/^[A-Z][^<>{}]*\.$/);
			const [first] = provider.requests;
			await until(
				() => first?.closed,
				5000,
				() => "the connection is still open",
			);
			// What is on its way in the sockets' buffers is more than what is read.
			expect(first?.sentBytes).toBeLessThan(8_000_000);
			await sms.hurry();
			expect(await world.settled(sms.id)).toMatchObject({ state: "sent", attempts: 2, error: null });
			expect(provider.requests.map(({ body }) => body)).toEqual([first?.body, first?.body]);
		},
	);

	it("answers with 500 three times, then well: the SMS has left once, after four attempts (row 95)", async () => {
		await using provider = await startMisbehavingProvider();
		provider.misdeeds.push(refuse(500), refuse(500), refuse(500));
		const sms = await sending(provider.baseUrl);
		const waits: number[] = [];
		for (const attempt of [1, 2, 3]) {
			const row = await until(
				async () => {
					const at = await world.rowOf(sms.id);
					return at.attempts === attempt && at.state === "pending" && at;
				},
				5000,
				async () => JSON.stringify(await world.rowOf(sms.id)),
			);
			waits.push(row.nextAttemptAt.getTime() - row.updatedAt.getTime());
			await sms.hurry();
		}
		expect(waits).toEqual([500, 1000, 2000]);
		expect(await world.settled(sms.id)).toMatchObject({ state: "sent", attempts: 4 });
		expect(provider.requests).toHaveLength(4);
	});

	it.each([400, 401, 403, 404, 410, 418])(
		"answers with %i: it is given up at once, and said why (row 95)",
		async (status) => {
			await using provider = await startMisbehavingProvider();
			provider.misdeeds.push(refuse(status));
			const sms = await sending(provider.baseUrl);
			expect(await world.settled(sms.id)).toMatchObject({ state: "failed", attempts: 1 });
			expect((await world.rowOf(sms.id)).error).toMatch(/^[A-Z].*\.$/);
			expect(provider.requests).toHaveLength(1);
		},
	);

	it.each([301, 302, 303, 307, 308])(
		"sends us elsewhere with %i: nobody follows, and it is given up at once",
		async (status) => {
			await using elsewhere = await startMisbehavingProvider();
			await using provider = await startMisbehavingProvider();
			provider.misdeeds.push(refuse(status, { location: `${elsewhere.baseUrl}/2010-04-01/Accounts` }));
			const sms = await sending(provider.baseUrl);
			expect(await world.settled(sms.id)).toMatchObject({ state: "failed", attempts: 1 });
			expect(elsewhere.requests).toEqual([]);
			expect((await world.rowOf(sms.id)).error).not.toContain("http");
		},
	);

	it("has a certificate that nobody vouches for: it hears nothing of us, and it is tried again until the deadline", async () => {
		await using provider = await startMisbehavingProvider({ tls: true });
		const sms = await sending(provider.baseUrl);
		expect(await sms.afterFirst()).toMatchObject({ state: "pending", error: "The SMS provider could not be reached." });
		expect(provider.requests).toEqual([]);
		await world.makeLate(sms.id);
		expect(await world.settled(sms.id)).toMatchObject({
			state: "dead",
			error: "The SMS provider could not be reached.",
		});
	});

	it("is not there: it is tried again", async () => {
		const gone = await startMisbehavingProvider();
		await gone[Symbol.asyncDispose]();
		const sms = await sending(gone.baseUrl);
		expect(await sms.afterFirst()).toMatchObject({ state: "pending", error: "The SMS provider could not be reached." });
		await world.makeLate(sms.id);
		await world.settled(sms.id);
	});

	it.each([
		["takes no connection", "http", startUnreachableHost],
		["takes the connection and says nothing", "https", startSilentHost],
	] as const)("%s: five seconds are enough for that, of the fifteen of an attempt", async (_name, protocol, start) => {
		await using host = await start();
		const begun = performance.now();
		const sms = await sending(`${protocol}://127.0.0.1:${host.port}`, 15_000);
		expect(await sms.afterFirst(10_000)).toMatchObject({
			state: "pending",
			error: "The SMS provider could not be reached.",
		});
		const took = performance.now() - begun;
		expect(took).toBeGreaterThan(4900);
		expect(took).toBeLessThan(9000);
		await world.makeLate(sms.id);
		await world.settled(sms.id);
	});
});
