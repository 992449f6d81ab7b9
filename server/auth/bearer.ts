import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { fingerprint, fingerprintHeader } from "../../src/contract/auth.ts";
import type { Vault } from "../domain/deps.ts";
import { fingerprintHash, sameSecret } from "../domain/secrets.ts";
import { AppError } from "../errors.ts";
import type { AppEnv, SignedIn } from "../http.ts";
import type { AccessTokens } from "./access-token.ts";

/** The OpenAPI name of what `requireUser` checks. */
export const accessTokenScheme = "accessToken";

/** Lets a request pass with an access token on the device that it was given to; `c.var.user` says who calls. */
export function requireUser(deps: BearerDeps) {
	return createMiddleware<AppEnv>(async (c, next) => {
		// RFC 6750: kept by the error answer, taken back once the caller is known.
		c.header("WWW-Authenticate", "Bearer");
		const caller = await verifyCaller(c, deps);
		c.header("WWW-Authenticate", undefined);
		c.set("user", caller);
		await next();
	});
}

/** Who calls a route that is open to all: undefined without a token. A token that is no good is refused, not overlooked. */
export async function callerIfAny(c: Context<AppEnv>, deps: BearerDeps): Promise<SignedIn | undefined> {
	return c.req.header("authorization") === undefined ? undefined : await verifyCaller(c, deps);
}

interface BearerDeps {
	tokens: AccessTokens;
	vault: Vault;
}

async function verifyCaller(c: Context<AppEnv>, deps: BearerDeps): Promise<SignedIn> {
	const {
		userId,
		deviceId,
		familyId,
		fingerprintHash: expected,
	} = await deps.tokens.verify(bearerToken(c.req.header("authorization")));
	const shown = fingerprint.safeParse(c.req.header(fingerprintHeader));
	if (!shown.success || !sameSecret(fingerprintHash(deps, shown.data), expected)) {
		throw new AppError("unauthorized", "The access token belongs to another device. Run /notify-setup here.");
	}
	return { userId, deviceId, familyId };
}

/** The token of an `Authorization: Bearer` header; throws AppError `unauthorized` without one. */
export function bearerToken(header: string | undefined): string {
	const token = /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/i.exec(header ?? "")?.[1];
	if (token === undefined)
		throw new AppError("unauthorized", "An access token is needed. Run /notify-setup to log in.");
	return token;
}
