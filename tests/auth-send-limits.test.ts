import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttpLimits } from "../server/auth/http-limits.ts";
import { resendCode } from "../server/domain/resend-code.ts";
import { startPairing } from "../server/domain/start-pairing.ts";
import { errorBody } from "../src/contract/errors.ts";
import { startAuthServer } from "./helpers/auth-server.ts";
import { type AuthWorld, openAuthWorld } from "./helpers/auth-world.ts";
import { databases, travel } from "./helpers/database.ts";
import { begin as beginAt, freshNumber, loginBody, post } from "./helpers/login.ts";

describe.each(databases)("codes on $name", ({ open }) => {
	let world: AuthWorld;
	const begin = (number?: string) => beginAt(world.server, world.twilio, number);

	beforeAll(async () => {
		world = await openAuthWorld(open);
	});
	afterAll(() => world.close());

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
		const answer = await world.post("/login", loginBody(typed));
		expect(answer.status).toBe(status);
		if (status === 400) expect(errorBody.parse(answer.body).error).toBe("invalid_request");
	});

	it("sends no code to a country that the server does not list", async () => {
		const before = world.twilio.sent.length;
		const answer = await world.post("/login", loginBody("+447400123456"));
		expect(answer).toMatchObject({ status: 400, body: { error: "invalid_request" } });
		expect(world.twilio.sent.length).toBe(before);
	});

	it("sends three codes to a number in an hour and five in a day, also to requests that come at once", async () => {
		const number = freshNumber();
		const ask = () => world.post("/login", loginBody(number));
		const first = await Promise.all(Array.from({ length: 10 }, ask));
		expect(first.filter(({ status }) => status === 200)).toHaveLength(3);
		const refused = first.find(({ status }) => status === 429);
		expect(refused?.body["error"]).toBe("rate_limited");
		const wait = Number(refused?.headers.get("retry-after"));
		expect(wait).toBeGreaterThan(3500);
		expect(wait).toBeLessThanOrEqual(3600);
		await travel(world.database.db, `${wait} seconds`);
		const second = await Promise.all(Array.from({ length: 10 }, ask));
		expect(second.filter(({ status }) => status === 200)).toHaveLength(2);
		await travel(world.database.db, "23 hours");
		const third = await Promise.all(Array.from({ length: 10 }, ask));
		expect(third.filter(({ status }) => status === 200)).toHaveLength(3);
		expect(world.twilio.sent.filter(({ to }) => to === number)).toHaveLength(8);
	});

	it("remembers how many codes a number got when the server starts again", async () => {
		const number = freshNumber();
		for (let sent = 0; sent < 3; sent++) await begin(number);
		await using again = await startAuthServer(world);
		expect((await post(again.url, "/login", loginBody(number))).status).toBe(429);
	});

	it("sends ten codes a day for one network address, whatever the numbers", async () => {
		const limits = createHttpLimits({ requestsPerMinute: 1000 });
		await using strict = await startAuthServer({ ...world, limits });
		const answers = [];
		for (let sent = 0; sent < 11; sent++) answers.push(await post(strict.url, "/login", loginBody(freshNumber())));
		expect(answers.slice(0, 10).every(({ status }) => status === 200)).toBe(true);
		expect(answers[10]).toMatchObject({ status: 429, body: { error: "rate_limited" } });
		expect(Number(answers[10]?.headers.get("retry-after"))).toBeGreaterThan(86_000);
	});

	it("says that the code could not be sent when the provider refuses the number, and when it is down", async () => {
		world.twilio.next({ kind: "answer", status: 400, code: 21211, message: "Invalid 'To' Phone Number" });
		const refused = await world.post("/login", loginBody(freshNumber()));
		expect(refused).toMatchObject({ status: 400, body: { error: "invalid_request" } });
		world.twilio.next({ kind: "answer", status: 503 });
		const down = await world.post("/login", loginBody(freshNumber()));
		expect(down).toMatchObject({ status: 503, body: { error: "unavailable" } });
		expect(down.headers.get("retry-after")).toBe("60");
	});

	it("that only the simulator shows have no limits for numbers and addresses, and still three for a pairing", async () => {
		const limits = createHttpLimits({ requestsPerMinute: 1000, codeSendsPerDay: 1 });
		await using simulated = await startAuthServer({ database: world.database, limits });
		const number = freshNumber();
		const request = { channel: "sms" as const, address: number, state: "s", codeChallenge: "c" };
		const rules = { smsCountries: [], countSend: () => limits.codeSend("1.2.3.4") };
		for (let sent = 0; sent < 6; sent++) {
			expect((await post(simulated.url, "/login", loginBody(number))).status).toBe(200);
		}
		const started = await startPairing(simulated.deps, { ...request, callbackUri: "http://127.0.0.1:1/cb" }, rules);
		const answers = await Promise.all(
			Array.from({ length: 10 }, () => resendCode(simulated.deps, started.tempToken, rules)),
		);
		expect(answers.filter(({ outcome }) => outcome === "sent")).toHaveLength(2);
		expect(simulated.deps.phone?.messages).toHaveLength(9);
	});
});
