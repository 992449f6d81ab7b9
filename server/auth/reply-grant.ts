import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { replyTokenSeconds } from "../../src/contract/commands.ts";
import { AppError } from "../errors.ts";
import type { SigningKey } from "./keys.ts";

/** What a mobile reply token allows: commands of this user to this session, as long as it is monitored without a break. */
export interface ReplyGrant {
	userId: string;
	sessionId: string;
	/** Of the session's present run: when it begins anew, old tokens are over. */
	monitoringId: string;
	/** The address whose word it is. */
	identityId: string;
}

export interface ReplyGrants {
	issue(grant: ReplyGrant): Promise<{ token: string; expiresIn: number }>;
	/** Throws AppError `token_expired` for a good token that is too old and `unauthorized` for every other. */
	verify(token: string): Promise<ReplyGrant>;
}

export interface ReplyGrantOptions {
	signing: SigningKey;
	publicUrl: URL;
	now(): Date;
	/** A new UUID. */
	id(): string;
}

const algorithm = "EdDSA";
/** No access token has these two, so that neither passes for the other. */
const type = "reply+jwt";
const audienceOf = ({ origin }: URL) => `${origin}/v1/commands`;

const claims = z.object({ sub: z.uuid(), session: z.uuid(), monitoring: z.uuid(), identity: z.uuid() });

export function createReplyGrants({ signing, publicUrl, now, id }: ReplyGrantOptions): ReplyGrants {
	const [issuer, audience] = [publicUrl.origin, audienceOf(publicUrl)];
	return {
		async issue({ userId, sessionId, monitoringId, identityId }) {
			const issuedAt = Math.floor(now().getTime() / 1000);
			const token = await new SignJWT({ session: sessionId, monitoring: monitoringId, identity: identityId })
				.setProtectedHeader({ alg: algorithm, typ: type, kid: signing.kid })
				.setIssuer(issuer)
				.setAudience(audience)
				.setSubject(userId)
				.setJti(id())
				.setIssuedAt(issuedAt)
				.setExpirationTime(issuedAt + replyTokenSeconds)
				.sign(signing.privateKey);
			return { token, expiresIn: replyTokenSeconds };
		},
		async verify(token) {
			try {
				const required = { algorithms: [algorithm], typ: type, issuer, audience, requiredClaims: ["exp"] };
				const { payload } = await jwtVerify(token, signing.publicKey, { ...required, currentDate: now() });
				const { sub, session, monitoring, identity } = claims.parse(payload);
				return { userId: sub, sessionId: session, monitoringId: monitoring, identityId: identity };
			} catch (error) {
				if (error instanceof errors.JWTExpired) {
					throw new AppError("token_expired", "The reply token has expired. Ask for a new one.");
				}
				throw new AppError("unauthorized", "The reply token is not valid.");
			}
		},
	};
}
