import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createHttpLimits } from "../server/auth/http-limits.ts";
import { rowsOf } from "../server/db/client.ts";
import { loginStarted, tokens } from "../src/contract/auth.ts";
import { errorBody } from "../src/contract/errors.ts";
import { type AuthServer, startAuthServer } from "./helpers/auth-server.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import {
	begin,
	codeIn,
	exchangeBody,
	freshNumber,
	logIn,
	loginBody,
	post,
	secret,
	wrongCode,
} from "./helpers/login.ts";
import { startTwilioEmulator, type TwilioEmulator } from "./helpers/twilio-emulator.ts";

const count = z.object({ n: z.coerce.number() });

describe.each(databases)("pairing on $name", ({ open }) => {
	let database: TestDatabase;
	let twilio: TwilioEmulator;
	let server: AuthServer;

	beforeAll(async () => {
		[database, twilio] = await Promise.all([open(), startTwilioEmulator({ callbacks: "manual" })]);
		server = await startAuthServer({ database, twilio });
	});
	afterAll(async () => {
		expect(twilio.violations).toEqual([]);
		await server[Symbol.asyncDispose]();
		await twilio[Symbol.asyncDispose]();
		await database.close();
	});

	const exchange = (body: object) => post(server.url, "/auth/exchange", body);
	const countOf = async (table: string) =>
		(await rowsOf(database.db, count, sql`select count(*) as n from ${sql.identifier(table)}`))[0]?.n;

	it("sends a code by SMS whose digits are the only ones in it (row 33)", async () => {
		const begun = await begin(server, twilio);
		const sms = twilio.sent.filter(({ to }) => to === begun.number);
		expect(sms).toHaveLength(1);
		expect(sms[0]?.body).toMatch(/^\D*\d{6}\D*$/);
		expect(sms[0]).toMatchObject({ encoding: "GSM-7", segments: 1 });
	});

	it("answers the headless door with a temp_token for ten minutes and a masked number (rows 34, 46, 48)", async () => {
		const number = freshNumber();
		const answer = await post(server.url, "/login", loginBody(number));
		expect(answer.status).toBe(200);
		expect(loginStarted.parse(answer.body)).toEqual({
			temp_token: expect.any(String),
			expires_in: 600,
			channel: "sms",
			address_masked: `+1***${number.slice(-4)}`,
		});
		expect(answer.headers.get("cache-control")).toBe("no-store");
	});

	it("exchanges the code for tokens as the contract has them, once (row 36)", async () => {
		const begun = await begin(server, twilio);
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
		const begun = await begin(server, twilio);
		const answers = await Promise.all(Array.from({ length: 50 }, () => exchange(exchangeBody(begun))));
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
		expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
	});

	it("lets a code and its temp_token live ten minutes and no longer (row 34)", async () => {
		const inTime = await begin(server, twilio);
		const tooLate = await begin(server, twilio);
		await travel(database.db, "590 seconds");
		expect((await exchange(exchangeBody(inTime))).status).toBe(200);
		await travel(database.db, "11 seconds");
		expect(await exchange(exchangeBody(tooLate))).toMatchObject({ status: 401, body: { error: "token_expired" } });
	});

	it("counts five wrong codes down and then refuses the right one (row 35)", async () => {
		const begun = await begin(server, twilio);
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

	it("compares five of a thousand guesses at once, and the pairing is dead after them (row 35)", async () => {
		const begun = await begin(server, twilio);
		const guesses = Array.from({ length: 1000 }, (_, index) => (index * 7).toString().padStart(6, "0"));
		const asked = guesses.filter((guess) => guess !== begun.code);
		const answers = await Promise.all(asked.map((guess) => exchange(exchangeBody(begun, { pairing_code: guess }))));
		expect(answers.every(({ status }) => status === 401)).toBe(true);
		const told = answers.map(({ body }) => errorBody.parse(body).details);
		expect(told.filter((details) => z.object({ tries_left: z.number() }).safeParse(details).success)).toHaveLength(4);
		const [row] = await rowsOf(
			database.db,
			z.object({ tries: z.int() }),
			sql`select max(tries)::int as tries from pairings`,
		);
		expect(row?.tries).toBe(5);
		expect((await exchange(exchangeBody(begun))).status).toBe(401);
	});

	it("yields nothing for the code alone: without the PKCE verifier it is not even tried", async () => {
		const begun = await begin(server, twilio);
		for (let attempt = 0; attempt < 6; attempt++) {
			const stolen = await exchange(exchangeBody(begun, { code_verifier: secret() }));
			expect(stolen).toMatchObject({ status: 401, body: { error: "unauthorized", details: { reason: "unknown" } } });
		}
		expect((await exchange(exchangeBody(begun))).status).toBe(200);
	});

	it("yields nothing without a code that was confirmed at the page", async () => {
		const begun = await begin(server, twilio);
		const answer = await exchange(exchangeBody(begun, { pairing_code: undefined }));
		expect(answer).toMatchObject({ status: 401, body: { details: { reason: "unconfirmed" } } });
	});

	it("logs a number that is known in to its user, with the new machine as a device of its own", async () => {
		const first = await logIn(server, twilio, { machine: "laptop" });
		const [users, identities, devices] = await Promise.all(["users", "identities", "devices"].map(countOf));
		await logIn(server, twilio, { number: first.number, machine: "desktop" });
		expect(await countOf("users")).toBe(users);
		expect(await countOf("identities")).toBe(identities);
		expect(await countOf("devices")).toBe((devices ?? 0) + 1);
	});

	it("makes one user of a new number that two machines pair at the same moment", async () => {
		const number = freshNumber();
		const begun = [await begin(server, twilio, number), await begin(server, twilio, number)];
		const users = (await countOf("users")) ?? 0;
		const answers = await Promise.all(begun.map((each, index) => exchange(exchangeBody(each, {}, `machine ${index}`))));
		expect(answers.map(({ status }) => status)).toEqual([200, 200]);
		expect(await countOf("users")).toBe(users + 1);
	});

	it("answers a known and an unknown number alike, and does the same work for both", async () => {
		const { number: known } = await logIn(server, twilio);
		const before = twilio.sent.length;
		const answers = [];
		for (const number of [known, freshNumber()]) answers.push(await post(server.url, "/login", loginBody(number)));
		const [a, b] = answers.map(({ status, headers, body }) => ({
			status,
			headers: [...headers.keys()].filter((name) => name !== "content-length"),
			keys: Object.keys(body),
			lengths: String(body["temp_token"]).length,
		}));
		expect(a).toEqual(b);
		expect(twilio.sent.length - before).toBe(2);
	});

	it.each([
		["+12025550123", 200],
		["+1 (202) 555-0124", 200],
		["0012025550125", 200],
		["12025550123", 400],
		["+02025550123", 400],
		["+1202555012345678", 400],
		["+1", 400],
		["+1202555012a", 400],
		["not a number", 400],
		["", 400],
		["+1900 555 0123", 400],
	])("takes phone numbers as E.164 has them: %j gets %i (row 47)", async (typed, status) => {
		const answer = await post(server.url, "/login", loginBody(typed));
		expect(answer.status).toBe(status);
		if (status === 400) expect(errorBody.parse(answer.body).error).toBe("invalid_request");
	});

	it("sends no code to a country that the server does not list", async () => {
		const before = twilio.sent.length;
		const answer = await post(server.url, "/login", loginBody("+447400123456"));
		expect(answer).toMatchObject({ status: 400, body: { error: "invalid_request" } });
		expect(twilio.sent.length).toBe(before);
	});

	it("sends three codes to a number in an hour and five in a day, also to requests that come at once", async () => {
		const number = freshNumber();
		const ask = () => post(server.url, "/login", loginBody(number));
		const first = await Promise.all(Array.from({ length: 10 }, ask));
		expect(first.filter(({ status }) => status === 200)).toHaveLength(3);
		const refused = first.find(({ status }) => status === 429);
		expect(refused?.body["error"]).toBe("rate_limited");
		const wait = Number(refused?.headers.get("retry-after"));
		expect(wait).toBeGreaterThan(3500);
		expect(wait).toBeLessThanOrEqual(3600);
		await travel(database.db, `${wait} seconds`);
		const second = await Promise.all(Array.from({ length: 10 }, ask));
		expect(second.filter(({ status }) => status === 200)).toHaveLength(2);
		await travel(database.db, "23 hours");
		const third = await Promise.all(Array.from({ length: 10 }, ask));
		expect(third.filter(({ status }) => status === 200)).toHaveLength(3);
		expect(twilio.sent.filter(({ to }) => to === number)).toHaveLength(8);
	});

	it("remembers how many codes a number got when the server starts again", async () => {
		const number = freshNumber();
		for (let sent = 0; sent < 3; sent++) await begin(server, twilio, number);
		await using again = await startAuthServer({ database, twilio });
		expect((await post(again.url, "/login", loginBody(number))).status).toBe(429);
	});

	it("sends ten codes a day for one network address, whatever the numbers", async () => {
		const limits = createHttpLimits({ requestsPerMinute: 1000 });
		await using strict = await startAuthServer({ database, twilio, limits });
		const answers = [];
		for (let sent = 0; sent < 11; sent++) answers.push(await post(strict.url, "/login", loginBody(freshNumber())));
		expect(answers.slice(0, 10).every(({ status }) => status === 200)).toBe(true);
		expect(answers[10]).toMatchObject({ status: 429, body: { error: "rate_limited" } });
		expect(Number(answers[10]?.headers.get("retry-after"))).toBeGreaterThan(86_000);
	});

	it("says that the code could not be sent when the provider refuses the number, and when it is down", async () => {
		twilio.next({ kind: "answer", status: 400, code: 21211, message: "Invalid 'To' Phone Number" });
		const refused = await post(server.url, "/login", loginBody(freshNumber()));
		expect(refused).toMatchObject({ status: 400, body: { error: "invalid_request" } });
		twilio.next({ kind: "answer", status: 503 });
		const down = await post(server.url, "/login", loginBody(freshNumber()));
		expect(down).toMatchObject({ status: 503, body: { error: "unavailable" } });
		expect(down.headers.get("retry-after")).toBe("60");
	});

	it("keeps numbers and codes out of its database, and forgets a pairing after two days", async () => {
		const begun = await begin(server, twilio);
		const [stored] = await rowsOf(
			database.db,
			z.object({ row: z.string() }),
			sql`select row_to_json(p)::text as row from pairings p order by created_at desc limit 1`,
		);
		for (const hidden of [begun.number, begun.number.slice(1), begun.code, begun.tempToken]) {
			expect(stored?.row).not.toContain(hidden);
		}
		await travel(database.db, "49 hours");
		await begin(server, twilio);
		expect(await countOf("pairings")).toBe(1);
	});

	it("writes no code, no token and no whole number to its log (rows 33, 48)", async () => {
		const begun = await begin(server, twilio);
		await exchange(exchangeBody(begun, { pairing_code: wrongCode(begun.code) }));
		const given = tokens.parse((await exchange(exchangeBody(begun))).body);
		twilio.next({ kind: "answer", status: 400, code: 21211, message: `The 'To' number ${begun.number} is not valid` });
		await post(server.url, "/login", loginBody(begun.number));
		const log = server.logged.join("");
		expect(log).toContain("pairing code sent");
		expect(log).toContain("pairing code not sent");
		expect(log).toContain(`+1***${begun.number.slice(-4)}`);
		const codes = twilio.sent.map(({ body }) => codeIn(body));
		const secrets = [begun.tempToken, begun.verifier, given.access_token, given.refresh_token];
		const numbers = twilio.attempts.map(({ to }) => to.slice(1));
		for (const hidden of [...secrets, ...numbers]) expect(log).not.toContain(hidden);
		// Codes are short: a time or an id may hold the same digits, a quoted or spaced group may not.
		for (const code of codes) expect(log).not.toMatch(new RegExp(`["': ]${code}["'. ]`));
	});
});
