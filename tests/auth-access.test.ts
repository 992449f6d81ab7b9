import { createPublicKey, randomUUID } from "node:crypto";
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loadKeys } from "../server/auth/keys.ts";
import { accessTokenSeconds } from "../src/contract/auth.ts";
import { type AuthWorld, openAuthWorld, unauthorized } from "./helpers/auth-world.ts";
import { databases } from "./helpers/database.ts";
import { fingerprintOf } from "./helpers/login.ts";

const minutes = 60_000;
const hours = 60 * minutes;

describe.each(databases)("an access token on $name", ({ open }) => {
	let world: AuthWorld;

	beforeAll(async () => {
		world = await openAuthWorld(open);
	});
	afterEach(() => {
		world.clock.ahead = 0;
	});
	afterAll(() => world.close());

	it("is an EdDSA JWT of 36 hours that the public keys verify (row 37)", async () => {
		const given = await world.login();
		const { payload, protectedHeader } = await jwtVerify(
			given.access_token,
			createLocalJWKSet(world.server.deps.tokens.jwks() as JSONWebKeySet),
			{ issuer: world.server.deps.publicUrl.origin, audience: world.server.deps.publicUrl.origin, typ: "at+jwt" },
		);
		expect(protectedHeader).toMatchObject({ alg: "EdDSA", typ: "at+jwt", kid: expect.any(String) });
		expect(payload).toMatchObject({ sub: expect.any(String), device: expect.any(String), jti: expect.any(String) });
		expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(accessTokenSeconds);
		expect(new Date(given.expires_at).getTime()).toBe((payload.exp ?? 0) * 1000);
		expect(JSON.stringify(world.server.deps.tokens.jwks())).not.toContain('"d"');
	});

	it("opens for 35 h 59 min and not after 36 h 1 min (rows 37, 40)", async () => {
		const given = await world.login();
		world.clock.ahead = 36 * hours - minutes;
		expect((await world.askWith(given.access_token, given.fingerprint)).status).toBe(200);
		world.clock.ahead = 36 * hours + minutes;
		expect(await world.askWith(given.access_token, given.fingerprint)).toMatchObject({
			status: 401,
			error: "token_expired",
		});
	});

	it("opens nothing on a machine with another fingerprint, or with none (row 44)", async () => {
		const given = await world.login();
		expect(await world.askWith(given.access_token, given.fingerprint)).toEqual({
			status: 200,
			error: undefined,
			challenge: null,
		});
		for (const other of [fingerprintOf("another"), "", "x", given.fingerprint.toUpperCase()]) {
			expect(await world.askWith(given.access_token, other)).toEqual(unauthorized);
		}
		const without = await fetch(new URL("/status", world.server.url), {
			headers: { authorization: `Bearer ${given.access_token}` },
		});
		expect(without.status).toBe(401);
	});

	it("is refused when it is forged, whatever its header asks for", async () => {
		const given = await world.login();
		const claims = decodeJwt(given.access_token);
		const keys = await loadKeys({ dataDir: world.database.dataDir, jwtPrivateKey: undefined, dataKey: undefined });
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
			expect(await world.askWith(token, given.fingerprint), what).toEqual(unauthorized);
		}
		expect((await world.askWith(await sign(), given.fingerprint)).status).toBe(200);
	});

	it.each(["", "Bearer", "Basic abc", "Bearer a b", `Bearer ${"a".repeat(5000)}`])(
		"is missing in %.20j, and that is unauthorized",
		async (authorization) => {
			const answer = await fetch(new URL("/status", world.server.url), { headers: { authorization } });
			expect(answer.status).toBe(401);
			expect(await answer.json()).toMatchObject({ error: "unauthorized" });
		},
	);
});
