import { createPublicKey, randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify, SignJWT, UnsecuredJWT } from "jose";
import { uuidv7 } from "uuidv7";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { loadKeys } from "../server/auth/keys.ts";
import { rowsOf } from "../server/db/client.ts";
import { sessions } from "../server/db/schema.ts";
import { accessTokenSeconds, loggedOut, tokens } from "../src/contract/auth.ts";
import { type AuthServer, startAuthServer } from "./helpers/auth-server.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { fingerprintOf, logIn, post, secret, withToken } from "./helpers/login.ts";
import { startTwilioEmulator, type TwilioEmulator } from "./helpers/twilio-emulator.ts";

const minutes = 60_000;
const hours = 60 * minutes;

describe.each(databases)("tokens on $name", ({ open }) => {
	let database: TestDatabase;
	let twilio: TwilioEmulator;
	let server: AuthServer;
	let ahead = 0;

	beforeAll(async () => {
		[database, twilio] = await Promise.all([open(), startTwilioEmulator({ callbacks: "manual" })]);
		server = await startAuthServer({ database, twilio, now: () => new Date(Date.now() + ahead) });
	});
	afterEach(() => {
		ahead = 0;
	});
	afterAll(async () => {
		await server[Symbol.asyncDispose]();
		await twilio[Symbol.asyncDispose]();
		await database.close();
	});

	type LoggedIn = Awaited<ReturnType<typeof logIn>>;
	const login = (machine?: string, number?: string) =>
		logIn(server, twilio, { ...(machine ? { machine } : {}), ...(number ? { number } : {}) });
	const status = async (token: string, fingerprint: string) => {
		const answer = await fetch(new URL("/status", server.url), { headers: withToken(token, fingerprint) });
		const body = z.looseObject({ error: z.string().optional() }).parse(await answer.json());
		return { status: answer.status, error: body.error, challenge: answer.headers.get("www-authenticate") };
	};
	const refresh = (refreshToken: string, fingerprint: string) =>
		post(server.url, "/auth/refresh", { refresh_token: refreshToken, fingerprint });
	const logOut = ({ access_token, fingerprint }: Pick<LoggedIn, "access_token" | "fingerprint">) =>
		post(server.url, "/auth/logout", {}, withToken(access_token, fingerprint));
	const auditOf = async (token: string) =>
		(
			await rowsOf(
				database.db,
				z.object({ action: z.string() }),
				sql`select action from audit where user_id = ${decodeJwt(token).sub} order by created_at, id`,
			)
		).map(({ action }) => action);
	const unauthorized = { status: 401, error: "unauthorized", challenge: "Bearer" };

	/** A session of the login's device, as /sessions/start stores it. */
	async function addSession(token: string, sessionStatus: "active" | "stale" | "ended" = "active"): Promise<string> {
		const { sub, ["device"]: device } = decodeJwt(token);
		const id = uuidv7();
		await database.db.insert(sessions).values({
			id,
			userId: z.string().parse(sub),
			deviceId: z.string().parse(device),
			agent: "claude-code",
			agentSessionId: randomUUID(),
			description: "a session",
			folder: "/tmp",
			hostname: "laptop",
			status: sessionStatus,
			tokenHash: secret(),
			monitoringId: uuidv7(),
			heartbeatIntervalMs: 30_000,
			inactivityThresholdMs: 600_000,
		});
		return id;
	}
	const sessionOf = async (id: string) =>
		(
			await rowsOf(
				database.db,
				z.object({ status: z.string(), end_reason: z.string().nullable(), token_hash: z.string() }),
				sql`select status, end_reason, token_hash from sessions where id = ${id}`,
			)
		)[0];

	describe("an access token", () => {
		it("is an EdDSA JWT of 36 hours that the public keys verify (row 37)", async () => {
			const given = await login();
			const { payload, protectedHeader } = await jwtVerify(
				given.access_token,
				createLocalJWKSet(server.deps.tokens.jwks() as JSONWebKeySet),
				{ issuer: server.deps.publicUrl.origin, audience: server.deps.publicUrl.origin, typ: "at+jwt" },
			);
			expect(protectedHeader).toMatchObject({ alg: "EdDSA", typ: "at+jwt", kid: expect.any(String) });
			expect(payload).toMatchObject({ sub: expect.any(String), device: expect.any(String), jti: expect.any(String) });
			expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(accessTokenSeconds);
			expect(new Date(given.expires_at).getTime()).toBe((payload.exp ?? 0) * 1000);
			expect(JSON.stringify(server.deps.tokens.jwks())).not.toContain('"d"');
		});

		it("opens for 35 h 59 min and not after 36 h 1 min (rows 37, 40)", async () => {
			const given = await login();
			ahead = 36 * hours - minutes;
			expect((await status(given.access_token, given.fingerprint)).status).toBe(200);
			ahead = 36 * hours + minutes;
			expect(await status(given.access_token, given.fingerprint)).toMatchObject({
				status: 401,
				error: "token_expired",
			});
		});

		it("opens nothing on a machine with another fingerprint, or with none (row 44)", async () => {
			const given = await login();
			expect(await status(given.access_token, given.fingerprint)).toEqual({
				status: 200,
				error: undefined,
				challenge: null,
			});
			for (const other of [fingerprintOf("another"), "", "x", given.fingerprint.toUpperCase()]) {
				expect(await status(given.access_token, other)).toEqual(unauthorized);
			}
			const without = await fetch(new URL("/status", server.url), {
				headers: { authorization: `Bearer ${given.access_token}` },
			});
			expect(without.status).toBe(401);
		});

		it("is refused when it is forged, whatever its header asks for", async () => {
			const given = await login();
			const claims = decodeJwt(given.access_token);
			const keys = await loadKeys({ dataDir: database.dataDir, jwtPrivateKey: undefined, dataKey: undefined });
			const publicPem = createPublicKey(keys.signing.privateKey).export({ type: "spki", format: "pem" }).toString();
			const sign = (typ = "at+jwt", changes: object = {}) =>
				new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: "EdDSA", typ }).sign(keys.signing.privateKey);
			const hmac = (key: string) =>
				new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "at+jwt" }).sign(Buffer.from(key));
			const [header = "", payload = "", signature = ""] = given.access_token.split(".");
			const forged = {
				"HS256 with the public key in PEM": await hmac(publicPem),
				"HS256 with the public key in JWK": await hmac(keys.signing.publicKey.export({ format: "jwk" }).x ?? ""),
				"no algorithm": new UnsecuredJWT(claims).encode(),
				"another type": await sign("JWT"),
				"another issuer": await sign(undefined, { iss: "https://evil.example" }),
				"another audience": await sign(undefined, { aud: "https://evil.example" }),
				"no end": await sign(undefined, { exp: undefined }),
				"another user": await sign(undefined, { sub: randomUUID() }),
				"another family": await sign(undefined, { family: randomUUID() }),
				"a subject that is no id": await sign(undefined, { sub: "1' or '1'='1" }),
				"another payload": `${header}.${Buffer.from(JSON.stringify({ ...claims, sub: randomUUID() })).toString("base64url")}.${signature}`,
				"no signature": `${header}.${payload}.`,
				"not a token": "garbage",
			};
			for (const [what, token] of Object.entries(forged)) {
				expect(await status(token, given.fingerprint), what).toEqual(unauthorized);
			}
			expect((await status(await sign(), given.fingerprint)).status).toBe(200);
		});

		it.each(["", "Bearer", "Basic abc", "Bearer a b", `Bearer ${"a".repeat(5000)}`])(
			"is missing in %.20j, and that is unauthorized",
			async (authorization) => {
				const answer = await fetch(new URL("/status", server.url), { headers: { authorization } });
				expect(answer.status).toBe(401);
				expect(await answer.json()).toMatchObject({ error: "unauthorized" });
			},
		);
	});

	describe("a refresh token", () => {
		it("gives a new pair with 36 hours more, and the old one is refused once the grace is over (row 38)", async () => {
			const given = await login();
			ahead = 35 * hours;
			const answer = await refresh(given.refresh_token, given.fingerprint);
			expect(answer.status).toBe(200);
			const renewed = tokens.parse(answer.body);
			expect(renewed.refresh_token).not.toBe(given.refresh_token);
			expect(renewed).toMatchObject({ channel: "sms", address_masked: given.address_masked });
			expect(decodeJwt(renewed.access_token).exp).toBeGreaterThanOrEqual(
				(decodeJwt(given.access_token).exp ?? 0) + 35 * 3600,
			);
			ahead = 70 * hours;
			expect((await status(renewed.access_token, given.fingerprint)).status).toBe(200);
			await travel(database.db, "31 seconds");
			expect(await refresh(given.refresh_token, given.fingerprint)).toMatchObject({
				status: 401,
				body: { error: "unauthorized" },
			});
		});

		it("gives fifty callers at once one and the same successor (rows 38, 39)", async () => {
			const given = await login();
			const answers = await Promise.all(
				Array.from({ length: 50 }, () => refresh(given.refresh_token, given.fingerprint)),
			);
			const renewed = answers.map(({ body }) => tokens.parse(body));
			expect(new Set(renewed.map(({ refresh_token }) => refresh_token)).size).toBe(1);
			const [family] = await rowsOf(
				database.db,
				z.object({ n: z.coerce.number() }),
				sql`select count(*) as n from refresh_tokens where family_id = ${decodeJwt(given.access_token)["family"]}`,
			);
			expect(family?.n).toBe(2);
			for (const { access_token } of renewed.slice(0, 5)) {
				expect((await status(access_token, given.fingerprint)).status).toBe(200);
			}
		});

		it("gives the same successor to a second use within 30 s, for an answer that was lost", async () => {
			const given = await login();
			const first = tokens.parse((await refresh(given.refresh_token, given.fingerprint)).body);
			await travel(database.db, "25 seconds");
			const again = tokens.parse((await refresh(given.refresh_token, given.fingerprint)).body);
			expect(again.refresh_token).toBe(first.refresh_token);
			expect((await refresh(first.refresh_token, given.fingerprint)).status).toBe(200);
		});

		it("that comes again after the grace ends the whole login, its newest tokens and its sessions, and is audited", async () => {
			const given = await login();
			const session = await addSession(given.access_token);
			const renewed = tokens.parse((await refresh(given.refresh_token, given.fingerprint)).body);
			await travel(database.db, "31 seconds");
			expect((await refresh(given.refresh_token, given.fingerprint)).status).toBe(401);
			expect((await refresh(renewed.refresh_token, given.fingerprint)).status).toBe(401);
			for (const { access_token } of [given, renewed]) {
				expect(await status(access_token, given.fingerprint)).toEqual(unauthorized);
			}
			expect(await sessionOf(session)).toMatchObject({ status: "ended", end_reason: "refresh_reuse" });
			expect(await auditOf(given.access_token)).toEqual(["login", "refresh_reuse"]);
		});

		it("works only on its machine, and a thief without the fingerprint cannot log the machine out with it (row 44)", async () => {
			const given = await login();
			const renewed = tokens.parse((await refresh(given.refresh_token, given.fingerprint)).body);
			await travel(database.db, "31 seconds");
			for (const token of [given.refresh_token, renewed.refresh_token]) {
				expect(await refresh(token, fingerprintOf("thief"))).toMatchObject({
					status: 401,
					body: { error: "unauthorized" },
				});
			}
			expect((await refresh(renewed.refresh_token, given.fingerprint)).status).toBe(200);
		});

		it("ends 90 days after the login however often it was renewed, and its sessions with it (row 40)", async () => {
			const given = await login();
			const session = await addSession(given.access_token);
			await travel(database.db, "60 days");
			const renewed = tokens.parse((await refresh(given.refresh_token, given.fingerprint)).body);
			await travel(database.db, "29 days");
			const last = tokens.parse((await refresh(renewed.refresh_token, given.fingerprint)).body);
			expect(await sessionOf(session)).toMatchObject({ status: "active" });
			await travel(database.db, "25 hours");
			expect(await refresh(last.refresh_token, given.fingerprint)).toMatchObject({
				status: 401,
				body: { error: "token_expired" },
			});
			expect(await sessionOf(session)).toMatchObject({ status: "ended", end_reason: "login_expired" });
		});

		it("that has expired leaves the sessions of a newer login on the same machine alone", async () => {
			const given = await login("shared");
			await travel(database.db, "91 days");
			const newer = await login("shared", given.number);
			const session = await addSession(newer.access_token);
			expect((await refresh(given.refresh_token, given.fingerprint)).status).toBe(401);
			expect(await sessionOf(session)).toMatchObject({ status: "active" });
		});

		it.each(["unknown-but-well-formed-token", "short", "", "x".repeat(300)])(
			"that is not one is refused: %.12j",
			async (token) => {
				expect([400, 401]).toContain((await refresh(token, fingerprintOf("laptop"))).status);
			},
		);
	});

	describe("logging out", () => {
		it("says how many sessions it ended, and every token of the machine is dead (row 41)", async () => {
			const given = await login();
			const live = [await addSession(given.access_token), await addSession(given.access_token, "stale")];
			const over = await addSession(given.access_token, "ended");
			const tokensBefore = await Promise.all(live.map(sessionOf));
			const answer = await logOut(given);
			expect(answer.status).toBe(200);
			expect(loggedOut.parse(answer.body)).toEqual({ revoked: true, sessions_cleared: 2 });
			for (const [index, id] of live.entries()) {
				const after = await sessionOf(id);
				expect(after).toMatchObject({ status: "ended", end_reason: "logout" });
				expect(after?.token_hash).not.toBe(tokensBefore[index]?.token_hash);
			}
			expect(await sessionOf(over)).toMatchObject({ end_reason: null });
			expect(await status(given.access_token, given.fingerprint)).toEqual(unauthorized);
			expect((await refresh(given.refresh_token, given.fingerprint)).status).toBe(401);
			expect((await logOut(given)).status).toBe(401);
			expect(await auditOf(given.access_token)).toEqual(["login", "logout"]);
		});

		it("leaves the user's other machines logged in", async () => {
			const laptop = await login("laptop");
			const desktop = await login("desktop", laptop.number);
			const session = await addSession(desktop.access_token);
			expect((await logOut(laptop)).body).toEqual({ revoked: true, sessions_cleared: 0 });
			expect((await status(desktop.access_token, desktop.fingerprint)).status).toBe(200);
			expect((await refresh(desktop.refresh_token, desktop.fingerprint)).status).toBe(200);
			expect(await sessionOf(session)).toMatchObject({ status: "active" });
		});

		it("ends an earlier login of the same machine too, and a later one works", async () => {
			const earlier = await login("laptop");
			const later = await login("laptop", earlier.number);
			await logOut(later);
			expect(await status(earlier.access_token, earlier.fingerprint)).toEqual(unauthorized);
			const again = await login("laptop", earlier.number);
			expect((await status(again.access_token, again.fingerprint)).status).toBe(200);
			expect(await status(later.access_token, later.fingerprint)).toEqual(unauthorized);
		});

		it("is not outrun by a refresh that is under way", async () => {
			for (let round = 0; round < 5; round++) {
				const given = await login(`racer ${round}`);
				const [answer] = await Promise.all([refresh(given.refresh_token, given.fingerprint), logOut(given)]);
				if (answer.status !== 200) continue;
				const renewed = tokens.parse(answer.body);
				expect(await status(renewed.access_token, given.fingerprint)).toEqual(unauthorized);
				expect((await refresh(renewed.refresh_token, given.fingerprint)).status).toBe(401);
			}
		});
	});
});
