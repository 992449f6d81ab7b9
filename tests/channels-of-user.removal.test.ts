import { randomUUID } from "node:crypto";
import { and, eq, isNotNull } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveries, heldReplies, identities, inbox, threads } from "../server/db/schema.ts";
import { takeReceived } from "../server/domain/take-received.ts";
import { tokens } from "../src/contract/auth.ts";
import { channelList, testStarted } from "../src/contract/sessions.ts";
import { freshChat, peopleOf } from "./helpers/channels-people.ts";
import { type ChannelsWorld, channelsWorld } from "./helpers/channels-world.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { fingerprintOf, freshNumber, post, secret, withToken } from "./helpers/login.ts";
import { until } from "./helpers/until.ts";

const message = (body: unknown) => Object(body).message;

describe.each(databases)("channels that are taken away, on $name", ({ open }) => {
	let database: TestDatabase;
	let world: ChannelsWorld;

	beforeAll(async () => {
		database = await open();
		world = await channelsWorld(database);
	});
	afterAll(async () => {
		await world[Symbol.asyncDispose]();
		await database.close();
	});

	const { names, textsTo, both, session, reportDone } = peopleOf(() => world);

	it("can be taken away: nothing goes there any more, and nothing comes from there", async () => {
		const { number, chatId, headers, sms, telegram } = await both();
		const live = await session(headers);
		const [pending, stale] = [randomUUID(), randomUUID()];
		const row = { userId: "", identityId: sms.id, channel: "sms", notice: { kind: "test" } } as const;
		const [owner] = await database.db.select().from(identities).where(eq(identities.id, sms.id));
		const values = { ...row, userId: owner?.userId ?? "", deadlineAt: new Date(Date.now() + 3_600_000) };
		const later = { ...values, nextAttemptAt: new Date(Date.now() + 600_000) };
		await database.db.insert(deliveries).values([{ ...later, id: pending }]);
		await database.db.insert(threads).values({ identityId: sms.id, sessionId: live.session_id, thread: "7" });
		await database.db.insert(heldReplies).values({ identityId: sms.id, text: "held" });

		const answer = await world.call("DELETE", `/v1/channels/${sms.id}`, headers);
		expect(answer.status).toBe(200);
		expect(channelList.parse(answer.body).channels.map(({ id }) => id)).toEqual([telegram.id]);

		const [given] = await database.db.select().from(deliveries).where(eq(deliveries.id, pending));
		expect(given).toMatchObject({ state: "dead", error: "The channel was removed." });
		expect(await database.db.$count(threads, eq(threads.identityId, sms.id))).toBe(0);
		expect(await database.db.$count(heldReplies, eq(heldReplies.identityId, sms.id))).toBe(0);
		const [wiped] = await database.db.select().from(identities).where(eq(identities.id, sms.id));
		expect(wiped?.addressSealed).toBe("");
		expect(JSON.stringify(wiped)).not.toContain(world.server.deps.vault.mac("address", number));

		// A worker or an event that had it in hand a moment before finds no address, and tries no more.
		await database.db.insert(deliveries).values([{ ...values, id: stale }]);
		const dead = () => database.db.select().from(deliveries).where(eq(deliveries.id, stale));
		await until(
			async () => (await dead())[0]?.state === "dead",
			5000,
			async () => JSON.stringify(await dead()),
		);

		const before = textsTo(number).length;
		expect((await reportDone(live)).body["channels"]).toEqual([{ channel: "telegram", outcome: "queued" }]);
		const { deliveries: tests } = testStarted.parse((await post(world.server.url, "/v1/test", {}, headers)).body);
		expect(tests.map(({ channel_title }) => channel_title)).toEqual(["Telegram"]);
		await until(
			() => textsTo(chatId).some((text) => text.includes("Completed")),
			5000,
			() => textsTo(chatId).join("\n"),
		);
		expect(textsTo(number)).toHaveLength(before);
		const inbound = { provider: "t", providerEventId: secret(), channel: "sms", sender: number, text: "rm -rf" };
		await takeReceived(world.server.deps, [{ kind: "message", message: inbound }]);
		expect(await database.db.$count(inbox, eq(inbox.sessionId, live.session_id))).toBe(0);
	});

	it("leave the login alone that came from them, which then shows one that is left", async () => {
		const given = tokens.parse((await world.exchange(await world.begin(freshNumber()))).body);
		const headers = withToken(given.access_token, fingerprintOf("laptop"));
		await world.pair(freshChat(), { as: headers });
		const [sms] = await world.channels(headers);
		await world.call("DELETE", `/channels/${sms?.id}`, headers);
		expect(await names(headers)).toEqual(["telegram"]);
		const body = { refresh_token: given.refresh_token, fingerprint: fingerprintOf("laptop") };
		const renewed = await post(world.server.url, "/auth/refresh", body);
		expect(renewed).toMatchObject({ status: 200, body: { channel: "telegram", channel_title: "Telegram" } });
	});

	it("are free again once taken away: the address can be paired by anybody who proves it", async () => {
		const { number, headers, sms } = await both();
		await world.call("DELETE", `/channels/${sms.id}`, headers);
		const other = await world.pair(number, { machine: "desktop" });
		expect(await names(other)).toEqual(["sms"]);
		expect(await names(headers)).toEqual(["telegram"]);
		const mine = await world.exchange(await world.begin(number), headers);
		expect(mine.status).toBe(409);
	});

	it("keep the last one, also when two are taken away at the same moment", async () => {
		const { headers, sms, telegram } = await both();
		const remove = (id: string, as = headers) => world.call("DELETE", `/v1/channels/${id}`, as);
		const answers = await Promise.all([remove(sms.id), remove(telegram.id)]);
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
		const [left] = await world.channels(headers);
		const last = await remove(left?.id ?? "");
		expect([last.status, message(last.body)]).toEqual([409, expect.stringContaining("only channel")]);
		expect(await world.channels(headers)).toHaveLength(1);
	});

	it("are taken away once, and only one's own", async () => {
		const { headers, sms } = await both();
		const stranger = await world.pair(freshNumber(), { machine: "desktop" });
		await world.pair(freshChat(), { machine: "desktop", as: stranger });
		expect((await world.call("DELETE", `/channels/${sms.id}`, stranger)).status).toBe(404);
		expect((await world.call("DELETE", `/channels/${sms.id}`, {})).status).toBe(401);
		expect((await world.call("DELETE", `/channels/${sms.id}`, headers)).status).toBe(200);
		expect((await world.call("DELETE", `/channels/${sms.id}`, headers)).status).toBe(404);
		expect((await world.call("DELETE", "/channels/1", headers)).status).toBe(400);
		const rows = and(eq(identities.id, sms.id), isNotNull(identities.removedAt));
		expect(await database.db.$count(identities, rows)).toBe(1);
	});
});
