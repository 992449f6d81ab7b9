import { sql } from "drizzle-orm";
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { rowsOf } from "../server/db/client.ts";
import { tokens } from "../src/contract/auth.ts";
import { type AuthWorld, openAuthWorld, unauthorized } from "./helpers/auth-world.ts";
import { databases, travel } from "./helpers/database.ts";
import { fingerprintOf } from "./helpers/login.ts";

const hours = 3_600_000;

describe.each(databases)("a refresh token on $name", ({ open }) => {
	let world: AuthWorld;

	beforeAll(async () => {
		world = await openAuthWorld(open);
	});
	afterEach(() => {
		world.clock.ahead = 0;
	});
	afterAll(() => world.close());

	it("gives a new pair with 36 hours more, and the old one is refused once the grace is over (row 38)", async () => {
		const given = await world.login();
		world.clock.ahead = 35 * hours;
		const answer = await world.refresh(given.refresh_token, given.fingerprint);
		expect(answer.status).toBe(200);
		const renewed = tokens.parse(answer.body);
		expect(renewed.refresh_token).not.toBe(given.refresh_token);
		expect(renewed).toMatchObject({ channel: "sms", address_masked: given.address_masked });
		expect(decodeJwt(renewed.access_token).exp).toBeGreaterThanOrEqual(
			(decodeJwt(given.access_token).exp ?? 0) + 35 * 3600,
		);
		world.clock.ahead = 70 * hours;
		expect((await world.askWith(renewed.access_token, given.fingerprint)).status).toBe(200);
		await travel(world.database.db, "31 seconds");
		expect(await world.refresh(given.refresh_token, given.fingerprint)).toMatchObject({
			status: 401,
			body: { error: "unauthorized" },
		});
	});

	it("gives fifty callers at once one and the same successor (row 38)", async () => {
		const given = await world.login();
		const answers = await Promise.all(
			Array.from({ length: 50 }, () => world.refresh(given.refresh_token, given.fingerprint)),
		);
		const renewed = answers.map(({ body }) => tokens.parse(body));
		expect(new Set(renewed.map(({ refresh_token }) => refresh_token)).size).toBe(1);
		const [family] = await rowsOf(
			world.database.db,
			z.object({ n: z.coerce.number() }),
			sql`select count(*) as n from refresh_tokens where family_id = ${decodeJwt(given.access_token)["family"]}`,
		);
		expect(family?.n).toBe(2);
		for (const { access_token } of renewed.slice(0, 5)) {
			expect((await world.askWith(access_token, given.fingerprint)).status).toBe(200);
		}
	});

	it("gives the same successor to a second use within 30 s, for an answer that was lost", async () => {
		const given = await world.login();
		const first = tokens.parse((await world.refresh(given.refresh_token, given.fingerprint)).body);
		await travel(world.database.db, "25 seconds");
		const again = tokens.parse((await world.refresh(given.refresh_token, given.fingerprint)).body);
		expect(again.refresh_token).toBe(first.refresh_token);
		expect((await world.refresh(first.refresh_token, given.fingerprint)).status).toBe(200);
	});

	it("that comes again after the grace ends the whole login, its newest tokens and its sessions, and is audited", async () => {
		const given = await world.login();
		const session = await world.addSession(given.access_token);
		const renewed = tokens.parse((await world.refresh(given.refresh_token, given.fingerprint)).body);
		await travel(world.database.db, "31 seconds");
		expect((await world.refresh(given.refresh_token, given.fingerprint)).status).toBe(401);
		expect((await world.refresh(renewed.refresh_token, given.fingerprint)).status).toBe(401);
		for (const { access_token } of [given, renewed]) {
			expect(await world.askWith(access_token, given.fingerprint)).toEqual(unauthorized);
		}
		expect(await world.session(session)).toMatchObject({ status: "ended", end_reason: "refresh_reuse" });
		expect(await world.audited(given.access_token)).toEqual(["login", "refresh_reuse"]);
	});

	it("works only on its machine, and a thief without the fingerprint cannot log the machine out with it (row 44)", async () => {
		const given = await world.login();
		const renewed = tokens.parse((await world.refresh(given.refresh_token, given.fingerprint)).body);
		await travel(world.database.db, "31 seconds");
		for (const token of [given.refresh_token, renewed.refresh_token]) {
			expect(await world.refresh(token, fingerprintOf("thief"))).toMatchObject({
				status: 401,
				body: { error: "unauthorized" },
			});
		}
		expect((await world.refresh(renewed.refresh_token, given.fingerprint)).status).toBe(200);
	});

	it("ends 90 days after the login however often it was renewed, and its sessions with it (row 40)", async () => {
		const given = await world.login();
		const session = await world.addSession(given.access_token);
		await travel(world.database.db, "60 days");
		const renewed = tokens.parse((await world.refresh(given.refresh_token, given.fingerprint)).body);
		await travel(world.database.db, "29 days");
		const last = tokens.parse((await world.refresh(renewed.refresh_token, given.fingerprint)).body);
		expect(await world.session(session)).toMatchObject({ status: "active" });
		await travel(world.database.db, "25 hours");
		expect(await world.refresh(last.refresh_token, given.fingerprint)).toMatchObject({
			status: 401,
			body: { error: "token_expired" },
		});
		expect(await world.session(session)).toMatchObject({ status: "ended", end_reason: "login_expired" });
	});

	it("that has expired leaves the sessions of a newer login on the same machine alone", async () => {
		const given = await world.login("shared");
		await travel(world.database.db, "91 days");
		const newer = await world.login("shared", given.number);
		const session = await world.addSession(newer.access_token);
		expect((await world.refresh(given.refresh_token, given.fingerprint)).status).toBe(401);
		expect(await world.session(session)).toMatchObject({ status: "active" });
	});

	it.each(["unknown-but-well-formed-token", "short", "", "x".repeat(300)])(
		"that is not one is refused: %.12j",
		async (token) => {
			expect([400, 401]).toContain((await world.refresh(token, fingerprintOf("laptop"))).status);
		},
	);
});
