import type { JsonWebKey } from "node:crypto";
import { sql } from "drizzle-orm";
import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { accessTokenSeconds } from "../../src/contract/auth.ts";
import { type Db, rowsOf } from "../db/client.ts";
import { AppError } from "../errors.ts";
import type { SignedIn } from "../http.ts";
import type { SigningKey } from "./keys.ts";

export interface IssuedToken {
	token: string;
	expiresAt: Date;
}

/** A caller whose token is good and whose login still is. */
export interface VerifiedToken extends SignedIn {
	/** What the `x-device-fingerprint` header must hash to. */
	fingerprintHash: string;
}

export interface AccessTokens {
	issue(login: SignedIn): Promise<IssuedToken>;
	/** Throws AppError `token_expired` for a good token past its 36 hours and `unauthorized` for every other. */
	verify(token: string): Promise<VerifiedToken>;
	/** The public keys, for /.well-known/jwks.json. */
	jwks(): { keys: JsonWebKey[] };
}

export interface AccessTokenOptions {
	db: Db;
	signing: SigningKey;
	/** Its origin is the issuer and the audience: this server's tokens are for this server. */
	publicUrl: URL;
	now(): Date;
	/** A new UUID. */
	id(): string;
}

const algorithm = "EdDSA";
const type = "at+jwt";

const claims = z.object({ sub: z.uuid(), device: z.uuid(), family: z.uuid(), jti: z.string(), iat: z.int() });
const login = z.object({ fingerprint_hash: z.string() });

export function createAccessTokens({ db, signing, publicUrl, now, id }: AccessTokenOptions): AccessTokens {
	const issuer = publicUrl.origin;

	async function issue({ userId, deviceId, familyId }: SignedIn): Promise<IssuedToken> {
		const issuedAt = Math.floor(now().getTime() / 1000);
		const expires = issuedAt + accessTokenSeconds;
		const token = await new SignJWT({ device: deviceId, family: familyId })
			.setProtectedHeader({ alg: algorithm, typ: type, kid: signing.kid })
			.setIssuer(issuer)
			.setAudience(issuer)
			.setSubject(userId)
			.setJti(id())
			.setIssuedAt(issuedAt)
			.setExpirationTime(expires)
			.sign(signing.privateKey);
		return { token, expiresAt: new Date(expires * 1000) };
	}

	async function claimsOf(token: string): Promise<z.infer<typeof claims>> {
		try {
			const { payload } = await jwtVerify(token, signing.publicKey, {
				// Pinned: the header of a forged token may ask for HMAC with the public key, or for none.
				algorithms: [algorithm],
				typ: type,
				issuer,
				audience: issuer,
				requiredClaims: ["exp"],
				currentDate: now(),
			});
			return claims.parse(payload);
		} catch (error) {
			if (error instanceof errors.JWTExpired) {
				throw new AppError("token_expired", "The access token has expired. Refresh it.");
			}
			throw unauthorized();
		}
	}

	return {
		issue,
		async verify(token) {
			const { sub, device, family } = await claimsOf(token);
			// A token lives 36 hours, a lost laptop must not: the login is looked up on every call.
			const [found] = await rowsOf(
				db,
				login,
				sql`select fingerprint_hash from devices
					where id = ${device} and user_id = ${sub} and revoked_at is null
						and exists (select from refresh_tokens where family_id = ${family} and device_id = ${device})
						and not exists (select from refresh_tokens where family_id = ${family} and revoked_at is not null)`,
			);
			if (found === undefined) throw unauthorized();
			return { userId: sub, deviceId: device, familyId: family, fingerprintHash: found.fingerprint_hash };
		},
		jwks() {
			const jwk = signing.publicKey.export({ format: "jwk" });
			return { keys: [{ ...jwk, kid: signing.kid, alg: algorithm, use: "sig" }] };
		},
	};
}

function unauthorized(): AppError {
	return new AppError("unauthorized", "The access token is not valid. Run /notify-setup to log in.");
}
