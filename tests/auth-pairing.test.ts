import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { rowsOf } from "../server/db/client.ts";
import { loginStarted, tokens } from "../src/contract/auth.ts";
import { errorBody } from "../src/contract/errors.ts";
import { type AuthWorld, openAuthWorld } from "./helpers/auth-world.ts";
import { databases, travel } from "./helpers/database.ts";
import { begin as beginAt, codeIn, exchangeBody, freshNumber, loginBody, secret, wrongCode } from "./helpers/login.ts";

describe.each(databases)("pairing on $name", ({ open }) => {
	let world: AuthWorld;
	const exchange = (body: object) => world.post("/auth/exchange", body);
	const begin = (number?: string) => beginAt(world.server, world.twilio, number);

	beforeAll(async () => {
		world = await openAuthWorld(open);
	});
	afterAll(() => world.close());

	it("sends a code by SMS whose digits are the only ones in it (row 33)", async () => {
		const begun = await begin();
		const sms = world.twilio.sent.filter(({ to }) => to === begun.number);
		expect(sms).toHaveLength(1);
		expect(sms[0]?.body).toMatch(/^\D*\d{6}\D*$/);
		expect(sms[0]).toMatchObject({ encoding: "GSM-7", segments: 1 });
	});

	it("answers the headless door with a temp_token for ten minutes and a masked number (rows 34, 46, 48)", async () => {
		const number = freshNumber();
		const answer = await world.post("/login", loginBody(number));
		expect(answer.status).toBe(200);
		expect(loginStarted.parse(answer.body)).toEqual({
			temp_token: expect.any(String),
			expires_in: 600,
			channel: "sms",
			channel_title: "SMS",
			address_masked: `+1***${number.slice(-4)}`,
			link: null,
		});
		expect(answer.headers.get("cache-control")).toBe("no-store");
	});

	it("exchanges the code for tokens as the contract has them, once (row 36)", async () => {
		const begun = await begin();
		const answer = await exchange(exchangeBody(begun));
		expect(answer.status).toBe(200);
		const given = tokens.parse(answer.body);
		expect(given).toMatchObject({
			token_type: "Bearer",
			expires_in: 129_600,
			channel: "sms",
			address_masked: `+1***${begun.number.slice(-4)}`,
		});
		expect(answer.headers.get("cache-control")).toBe("no-store");
		const second = await exchange(exchangeBody(begun));
		expect(second).toMatchObject({ status: 401, body: { error: "unauthorized", details: { reason: "used" } } });
	});

	it("gives one of fifty exchanges at once the tokens (row 36)", async () => {
		const begun = await begin();
		const answers = await Promise.all(Array.from({ length: 50 }, () => exchange(exchangeBody(begun))));
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
		expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
	});

	it("lets a code and its temp_token live ten minutes and no longer (row 34)", async () => {
		const inTime = await begin();
		const tooLate = await begin();
		await travel(world.database.db, "590 seconds");
		expect((await exchange(exchangeBody(inTime))).status).toBe(200);
		await travel(world.database.db, "11 seconds");
		expect(await exchange(exchangeBody(tooLate))).toMatchObject({ status: 401, body: { error: "token_expired" } });
	});

	it("counts five wrong codes down and then refuses the right one (row 35)", async () => {
		const begun = await begin();
		const wrong = exchangeBody(begun, { pairing_code: wrongCode(begun.code) });
		for (const left of [4, 3, 2, 1]) {
			expect(await exchange(wrong)).toMatchObject({
				status: 401,
				body: { error: "unauthorized", details: { reason: "wrong", tries_left: left } },
			});
		}
		expect(await exchange(wrong)).toMatchObject({ status: 401, body: { details: { reason: "burnt" } } });
		expect(await exchange(exchangeBody(begun))).toMatchObject({ status: 401, body: { details: { reason: "burnt" } } });
	});

	it("compares five of a thousand guesses at once, and the pairing is dead after them (row 35)", {
		timeout: 90_000,
	}, async () => {
		const begun = await begin();
		const guesses = Array.from({ length: 1000 }, (_, index) => (index * 7).toString().padStart(6, "0"));
		const asked = guesses.filter((guess) => guess !== begun.code);
		const answers = await Promise.all(asked.map((guess) => exchange(exchangeBody(begun, { pairing_code: guess }))));
		// Who waits five seconds for a connection is told to come again, and was not compared.
		const refused = answers.filter(({ status }) => status !== 503);
		expect(refused.every(({ status }) => status === 401)).toBe(true);
		const told = refused.map(({ body }) => errorBody.parse(body).details);
		expect(told.filter((details) => z.object({ tries_left: z.number() }).safeParse(details).success)).toHaveLength(4);
		const [row] = await rowsOf(
			world.database.db,
			z.object({ tries: z.int() }),
			sql`select max(tries)::int as tries from pairings`,
		);
		expect(row?.tries).toBe(5);
		expect((await exchange(exchangeBody(begun))).status).toBe(401);
	});

	it("yields nothing for the code alone: without the PKCE verifier it is not even tried", async () => {
		const begun = await begin();
		for (let attempt = 0; attempt < 6; attempt++) {
			const stolen = await exchange(exchangeBody(begun, { code_verifier: secret() }));
			expect(stolen).toMatchObject({ status: 401, body: { error: "unauthorized", details: { reason: "unknown" } } });
		}
		expect((await exchange(exchangeBody(begun))).status).toBe(200);
	});

	it("yields nothing without a code that was confirmed at the page", async () => {
		const begun = await begin();
		const answer = await exchange(exchangeBody(begun, { pairing_code: undefined }));
		expect(answer).toMatchObject({ status: 401, body: { details: { reason: "unconfirmed" } } });
	});

	it("logs a number that is known in to its user, with the new machine as a device of its own", async () => {
		const first = await world.login("laptop");
		const [users, identities, devices] = await Promise.all(
			["users", "identities", "devices"].map((table) => world.count(table)),
		);
		await world.login("desktop", first.number);
		expect(await world.count("users")).toBe(users);
		expect(await world.count("identities")).toBe(identities);
		expect(await world.count("devices")).toBe((devices ?? 0) + 1);
	});

	it("makes one user of a new number that two machines pair at the same moment", async () => {
		const number = freshNumber();
		const begun = [await begin(number), await begin(number)];
		const users = (await world.count("users")) ?? 0;
		const answers = await Promise.all(begun.map((each, index) => exchange(exchangeBody(each, {}, `machine ${index}`))));
		expect(answers.map(({ status }) => status)).toEqual([200, 200]);
		expect(await world.count("users")).toBe(users + 1);
	});

	it("answers a known and an unknown number alike, and does the same work for both", async () => {
		const { number: known } = await world.login();
		const before = world.twilio.sent.length;
		const answers = [];
		for (const number of [known, freshNumber()]) answers.push(await world.post("/login", loginBody(number)));
		const [a, b] = answers.map(({ status, headers, body }) => ({
			status,
			headers: [...headers.keys()].filter((name) => name !== "content-length"),
			keys: Object.keys(body),
			lengths: String(body["temp_token"]).length,
		}));
		expect(a).toEqual(b);
		expect(world.twilio.sent.length - before).toBe(2);
	});

	it("keeps numbers and codes out of its database, and forgets a pairing after two days", async () => {
		const begun = await begin();
		const [stored] = await rowsOf(
			world.database.db,
			z.object({ row: z.string() }),
			sql`select row_to_json(p)::text as row from pairings p order by created_at desc limit 1`,
		);
		for (const hidden of [begun.number, begun.number.slice(1), begun.code, begun.tempToken]) {
			expect(stored?.row).not.toContain(hidden);
		}
		await travel(world.database.db, "49 hours");
		await begin();
		expect(await world.count("pairings")).toBe(1);
	});

	it("writes no code, no token and no whole number to its log (rows 33, 48)", async () => {
		const begun = await begin();
		await exchange(exchangeBody(begun, { pairing_code: wrongCode(begun.code) }));
		const given = tokens.parse((await exchange(exchangeBody(begun))).body);
		world.twilio.next({
			kind: "answer",
			status: 400,
			code: 21211,
			message: `The 'To' number ${begun.number} is not valid`,
		});
		await world.post("/login", loginBody(begun.number));
		const log = world.server.logged.join("");
		expect(log).toContain("pairing code sent");
		expect(log).toContain("pairing code not sent");
		expect(log).toContain(`+1***${begun.number.slice(-4)}`);
		const codes = world.twilio.sent.map(({ body }) => codeIn(body));
		const secrets = [begun.tempToken, begun.verifier, given.access_token, given.refresh_token];
		const numbers = world.twilio.attempts.map(({ to }) => to.slice(1));
		for (const hidden of [...secrets, ...numbers]) expect(log).not.toContain(hidden);
		// Codes are short: a time or an id may hold the same digits, a quoted or spaced group may not.
		for (const code of codes) expect(log).not.toMatch(new RegExp(`["': ]${code}["'. ]`));
	});
});
