import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Channel, DeliveryResult } from "../server/channels/channel.ts";
import { deliveries, identities } from "../server/db/schema.ts";
import { plainMessage } from "../server/domain/render-message.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addDelivery, addUser } from "./helpers/fixture.ts";
import { type HttpProvider, httpProviders } from "./helpers/http-providers.ts";
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
import { until } from "./helpers/until.ts";
import { connected } from "./rows/row.ts";

function send(channel: Channel, address: string, timeoutMs: number): Promise<DeliveryResult> {
	const options = { signal: AbortSignal.timeout(timeoutMs), idempotencyKey: randomUUID() };
	return channel.deliver(address, plainMessage("tests pass"), options);
}

/** For what ends by the signal alone; everything else is over long before. */
const signalMs = 1000;
const patient = 30_000;
const again = { ok: false, retryable: true };
const day = 86_400;

interface Case {
	name: string;
	misdeed(provider: HttpProvider): Misdeed;
	/** The wait that it asks for, from and to, in milliseconds; undefined where it asks for none. */
	wait?: [number, number];
	endsBySignal?: true;
	headerOnly?: true;
}

const inThirtySeconds = () => new Date(Date.now() + 30_000).toUTCString();
const cases: readonly Case[] = [
	{ name: "429 and a wait in seconds", misdeed: ({ busy }) => busy("2"), wait: [2000, 2000] },
	{
		name: "429 and a wait until a date",
		misdeed: (provider) => (response, request) => provider.busy(inThirtySeconds())(response, request),
		wait: [25_000, 31_000],
		headerOnly: true,
	},
	{ name: "429 and a wait of a day", misdeed: ({ busy }) => busy(String(day)), wait: [day * 1000, day * 1000] },
	{ name: "429 and a wait that is garbage", misdeed: ({ busy }) => busy("soon, promise") },
	{ name: "429 and a wait below zero", misdeed: ({ busy }) => busy("-5") },
	{ name: "429 and no wait", misdeed: () => refuse(429) },
	{ name: "429 as a page of HTML", misdeed: () => refuse(429, {}, "<h1>Slow down</h1>") },
	{ name: "500", misdeed: () => refuse(500) },
	{ name: "502 as a page of HTML", misdeed: () => refuse(502, {}, "<h1>Bad gateway</h1>") },
	{ name: "nothing at all", misdeed: () => hang, endsBySignal: true },
	{ name: "one byte now and then", misdeed: () => drip, endsBySignal: true },
	{ name: "headers of one byte now and then", misdeed: () => dripHeaders, endsBySignal: true },
	{ name: "100 MB", misdeed: () => flood },
	{ name: "100 MB in 100 kB", misdeed: () => bomb },
	{ name: "a megabyte of headers", misdeed: () => headerFlood },
	{ name: "a reset", misdeed: () => reset },
	{ name: "a reset in the middle", misdeed: () => resetMidBody },
	{ name: "something that is not HTTP", misdeed: () => noHttp },
	{ name: "200 with a page of HTML", misdeed: () => refuse(200, {}, "<h1>Welcome to the airport</h1>") },
	{ name: "200 with nothing", misdeed: () => refuse(200, {}, "") },
	{ name: "200 with JSON that is no message", misdeed: () => refuse(200, {}, "[1]") },
];

describe.each(httpProviders)("$name", (provider) => {
	const { connect, address, behave, byHeader } = provider;

	it.each(cases.filter(({ headerOnly }) => byHeader || headerOnly !== true))(
		"that answers with $name is tried again, and the next attempt goes well (row 95)",
		async ({ misdeed, wait, endsBySignal }) => {
			await using host = await startMisbehavingProvider({ behave });
			host.misdeeds.push(misdeed(provider));
			const channel = connect(host.baseUrl);
			const result = await send(channel, address, endsBySignal ? signalMs : patient);
			expect(result).toMatchObject(again);
			if (result.ok) return;
			expect(result.reason).toMatch(/^[A-Z][^<>{}]*\.$/);
			const [least, most] = wait ?? [undefined, undefined];
			if (least === undefined) expect(result.retryAfterMs).toBeUndefined();
			else expect(result.retryAfterMs).toSatisfy((ms: number) => ms >= least && ms <= most);
			await until(
				() => host.requests[0]?.closed,
				20_000,
				() => "the connection is still open",
			);
			// What is on its way in the sockets' buffers is more than what is read.
			expect(host.requests[0]?.sentBytes).toBeLessThan(8_000_000);
			expect(await send(channel, address, patient)).toMatchObject({ ok: true });
			expect(host.requests).toHaveLength(2);
		},
	);

	it.each([301, 302, 307, 308])(
		"that sends us elsewhere with %i is not followed, and it is given up at once",
		async (status) => {
			await using elsewhere = await startMisbehavingProvider({ behave });
			await using host = await startMisbehavingProvider({ behave });
			host.misdeeds.push(refuse(status, { location: `${elsewhere.baseUrl}/` }));
			expect(await send(connect(host.baseUrl), address, patient)).toMatchObject({ ok: false, retryable: false });
			expect(elsewhere.requests).toEqual([]);
			expect(host.requests).toHaveLength(1);
		},
	);

	it("that has a certificate that nobody vouches for hears nothing of us, and is tried again", async () => {
		await using host = await startMisbehavingProvider({ tls: true, behave });
		const channel = connect(host.baseUrl);
		expect(await send(channel, address, patient)).toMatchObject(again);
		expect(host.requests).toEqual([]);
	});
});

const bySmtp = (port: number) =>
	connected("email", { SMTP_URL: `smtp://127.0.0.1:${port}`, SMTP_FROM: "Claude <notify@example.com>" });
const everyone = [
	...httpProviders.map(({ name, address, connect }) => ({
		name,
		address,
		at: (port: number, protocol: "http" | "https") => connect(`${protocol}://127.0.0.1:${port}`),
	})),
	{ name: "SMTP", address: "ann@example.com", at: bySmtp },
];

describe.concurrent("five seconds are enough to connect", () => {
	it.for(everyone)("to $name, which takes no connection", { timeout: 60_000 }, async ({ at, address }, context) => {
		await using host = await startUnreachableHost();
		const begun = performance.now();
		context.expect(await send(at(host.port, "http"), address, patient)).toMatchObject(again);
		const took = performance.now() - begun;
		context.expect(took).toSatisfy((ms: number) => ms > 4900 && ms < 9500);
	});

	it.for(everyone)(
		"to $name, which takes the connection and says nothing",
		{ timeout: 60_000 },
		async ({ at, address }, context) => {
			await using host = await startSilentHost();
			const begun = performance.now();
			context.expect(await send(at(host.port, "https"), address, patient)).toMatchObject(again);
			const took = performance.now() - begun;
			context.expect(took).toSatisfy((ms: number) => ms > 4900 && ms < 9500);
		},
	);
});

describe.each(databases)("on $name", ({ open }) => {
	let database: TestDatabase;
	let world: OutboxWorld;

	beforeAll(async () => {
		database = await open();
		world = outboxWorld(database.db);
	});
	afterAll(() => database.close());

	it.each(httpProviders)(
		"a message by $name whose provider answers with 500 three times, then well, has left once (row 95)",
		async ({ channel, address, connect, behave }) => {
			await using host = await startMisbehavingProvider({ behave });
			host.misdeeds.push(refuse(500), refuse(500), refuse(500));
			const user = await addUser(world.deps, [channel]);
			await database.db
				.update(identities)
				.set({ addressSealed: world.deps.vault.seal(address) })
				.where(eq(identities.userId, user.userId));
			const id = await addDelivery(world.deps, user, { channel });
			world.start({}, { ...world.deps, channels: new Map([[channel, connect(host.baseUrl)]]) });
			expect(await world.settled(id)).toMatchObject({ state: "sent", attempts: 4, error: null });
			expect(host.requests).toHaveLength(4);
			expect(await database.db.$count(deliveries, sql`id = ${id} and sent_at is not null`)).toBe(1);
		},
	);
});
