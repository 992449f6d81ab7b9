import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identities } from "../server/db/schema.ts";
import { tokens } from "../src/contract/auth.ts";
import { maxChannels } from "../src/contract/channels.ts";
import { channelList } from "../src/contract/sessions.ts";
import { freshChat, peopleOf } from "./helpers/channels-people.ts";
import { type ChannelsWorld, channelsWorld } from "./helpers/channels-world.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { fingerprintOf, freshNumber } from "./helpers/login.ts";
import { until } from "./helpers/until.ts";

const message = (body: unknown) => Object(body).message;

describe.each(databases)("the channels of a user on $name", ({ open }) => {
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

	it("are added with the machine's login, and every one gets the messages (row 99)", async () => {
		const { number, chatId, headers } = await both();
		expect(await names(headers)).toEqual(["sms", "telegram"]);
		const accepted = await reportDone(await session(headers));
		expect(accepted.body["channels"]).toEqual([
			{ channel: "sms", outcome: "queued" },
			{ channel: "telegram", outcome: "queued" },
		]);
		for (const address of [number, chatId]) {
			await until(
				() => textsTo(address).some((text) => text.includes("Completed")),
				5000,
				() => textsTo(address).join("\n"),
			);
		}
	});

	it("are said by their titles, and the answer of the exchange says which one was added", async () => {
		const first = await world.pair(freshNumber());
		const waiting = await world.begin(freshChat());
		const answer = tokens.parse((await world.exchange(waiting, first)).body);
		expect([answer.channel, answer.channel_title]).toEqual(["telegram", "Telegram"]);
		expect((await world.channels(first)).map(({ channel_title }) => channel_title)).toEqual(["SMS", "Telegram"]);
	});

	it("refuse an address of another account, say the cure, and leave everything as it was", async () => {
		const number = freshNumber();
		const owner = await world.pair(number, { machine: "desktop" });
		const headers = await world.pair(freshNumber());
		const refused = await world.exchange(await world.begin(number), headers);
		expect(refused.status).toBe(409);
		expect(message(refused.body)).toMatch(
			/^\+1\*\*\*\d{4} belongs to another account.*\/notify-logout.*\/notify-setup/,
		);
		expect([await names(owner), await names(headers)]).toEqual([["sms"], ["sms"]]);
		// the cure: without the login the machine joins the other account
		const joined = await world.pair(number);
		expect(await world.channels(joined)).toEqual(await world.channels(owner));
	});

	it("refuse a pairing with a login that is no good, before the code is looked at", async () => {
		const waiting = await world.begin(freshNumber());
		const bad = await world.exchange(waiting, {
			authorization: "Bearer nonsense",
			"x-device-fingerprint": fingerprintOf("laptop"),
		});
		expect([bad.status, Object(bad.body).details]).toEqual([401, undefined]);
		expect((await world.exchange(waiting)).status).toBe(200);
	});

	it("belong to one account when two add the same address at the same moment", async () => {
		for (let round = 0; round < 5; round++) {
			const chat = freshChat();
			const [a, b] = [await world.pair(freshNumber()), await world.pair(freshNumber(), { machine: "desktop" })];
			const waiting = [await world.begin(chat), await world.begin(chat, "desktop")] as const;
			const answers = await Promise.all([world.exchange(waiting[0], a), world.exchange(waiting[1], b)]);
			expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
			expect([...(await names(a)), ...(await names(b))].filter((name) => name === "telegram")).toHaveLength(1);
		}
	});

	const ownersOf = (chat: string) =>
		database.db.$count(
			identities,
			eq(identities.addressMac, world.server.deps.vault.mac("address", chat.replace("telegram:", ""))),
		);

	it("have one owner when an address is paired with a login and without one, whoever is first", async () => {
		// Who comes second without a login joins; who comes second with one is told so.
		for (const [order, statuses] of [
			["login first", [200, 200]],
			["login second", [409, 200]],
		] as const) {
			const chat = freshChat();
			const headers = await world.pair(freshNumber());
			const [added, alone] = [await world.begin(chat), await world.begin(chat, "desktop")];
			const steps = [() => world.exchange(added, headers), () => world.exchange(alone)];
			const answers: number[] = [];
			for (const step of order === "login first" ? [0, 1] : [1, 0])
				answers[step] = (await steps[step]?.())?.status ?? 0;
			expect(answers).toEqual(statuses);
			expect(await ownersOf(chat)).toBe(1);
		}
	});

	it("have one owner when that happens at the same moment", async () => {
		for (let round = 0; round < 5; round++) {
			const chat = freshChat();
			const headers = await world.pair(freshNumber());
			const [added, alone] = [await world.begin(chat), await world.begin(chat, "desktop")];
			const [first, second] = await Promise.all([world.exchange(added, headers), world.exchange(alone)]);
			expect([200, 409]).toContain(first.status);
			expect(second.status).toBe(200);
			expect(await ownersOf(chat)).toBe(1);
			expect(await names(headers)).toHaveLength(first.status === 200 ? 2 : 1);
		}
	});

	it("pair the same address again without a second row, and switch it on again", async () => {
		const { number, headers, sms } = await both();
		await database.db.update(identities).set({ optedOutAt: sql`now()` }).where(eq(identities.id, sms.id));
		expect((await world.channels(headers))[0]).toMatchObject({
			opted_out: true,
			opted_out_hint: "text START to switch it on again",
		});
		await world.pair(number, { as: headers });
		expect(await world.channels(headers)).toMatchObject([{ id: sms.id, opted_out: false }, { channel: "telegram" }]);
	});

	it(`are ${maxChannels} at most`, async () => {
		const headers = await world.pair(freshNumber());
		for (let n = 1; n < maxChannels; n++) await world.pair(freshChat(), { as: headers });
		const refused = await world.exchange(await world.begin(freshChat()), headers);
		expect([refused.status, message(refused.body)]).toEqual([409, expect.stringContaining("/notify-channels")]);
		expect(await names(headers)).toHaveLength(maxChannels);
	});

	it("stand in the order that the user gave them", async () => {
		const { headers, sms, telegram } = await both();
		const answer = await world.call("PUT", "/v1/channels/order", headers, { ids: [telegram.id, sms.id] });
		expect(answer.status).toBe(200);
		expect(channelList.parse(answer.body).channels.map(({ id }) => id)).toEqual([telegram.id, sms.id]);
		expect(await names(headers)).toEqual(["telegram", "sms"]);
		await world.pair(freshChat(), { as: headers });
		expect(await names(headers)).toEqual(["telegram", "sms", "telegram"]);
	});

	it("are ordered all or not at all, and only one's own", async () => {
		const { headers, sms, telegram } = await both();
		const stranger = await world.pair(freshNumber(), { machine: "desktop" });
		const order = (ids: unknown[], as = headers) => world.call("PUT", "/channels/order", as, { ids });
		for (const ids of [[sms.id], [sms.id, sms.id], [sms.id, randomUUID()], [sms.id, telegram.id, randomUUID()]])
			expect((await order(ids)).status).toBe(409);
		for (const ids of [[], ["x"], Array.from({ length: 11 }, () => sms.id)])
			expect((await order(ids)).status).toBe(400);
		expect((await order([sms.id, telegram.id], stranger)).status).toBe(409);
		expect((await order([sms.id, telegram.id], {})).status).toBe(401);
		expect(await names(headers)).toEqual(["sms", "telegram"]);
	});
});
