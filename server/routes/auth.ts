import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import {
	accessTokenSeconds,
	exchange,
	loggedOut,
	loginStarted,
	pairingSeconds,
	refresh,
	remoteLogin,
	type Tokens,
	tokens,
} from "../../src/contract/auth.ts";
import { errorBody } from "../../src/contract/errors.ts";
import type { AppDeps } from "../app-deps.ts";
import { accessTokenScheme, callerIfAny, requireUser } from "../auth/bearer.ts";
import { pairingRules } from "../auth/http-limits.ts";
import { titleOf } from "../domain/delivery-report.ts";
import { exchangePairing } from "../domain/exchange-pairing.ts";
import { logOut } from "../domain/log-out.ts";
import type { Login } from "../domain/login.ts";
import { refreshLogin } from "../domain/refresh-login.ts";
import { startPairing } from "../domain/start-pairing.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { body, json } from "./json.ts";

const tags = ["login"];

const start = createRoute({
	method: "post",
	path: "/login",
	tags,
	summary: "Send a pairing code, for machines without a browser",
	request: body(remoteLogin),
	responses: {
		200: json("The code was sent", loginStarted),
		400: json("The address cannot be used", errorBody),
		429: json("Too many codes were asked for; see Retry-After", errorBody),
	},
});
const exchangeCode = createRoute({
	method: "post",
	path: "/auth/exchange",
	tags,
	summary: "Exchange a pairing code for tokens, once; with an access token the address is added to its user",
	security: [{}, { [accessTokenScheme]: [] }],
	request: body(exchange),
	responses: {
		200: json("The machine is logged in", tokens),
		401: json(
			"`details.reason` is wrong (with `tries_left`), burnt, expired, used, unopened, unconfirmed or unknown; without one it is the access token that is no good",
			errorBody,
		),
		409: json("The address belongs to another account, or there are too many", errorBody),
	},
});
const refreshTokens = createRoute({
	method: "post",
	path: "/auth/refresh",
	tags,
	summary: "Exchange a refresh token for its successor",
	request: body(refresh),
	responses: {
		200: json("The same successor for 30 s, whoever asks twice", tokens),
		401: json("The login has ended", errorBody),
	},
});

export function authRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const endLogin = createRoute({
		method: "post",
		path: "/auth/logout",
		tags,
		summary: "Log this machine out and end its sessions",
		security: [{ [accessTokenScheme]: [] }],
		middleware: [requireUser(deps)] as const,
		request: body(z.strictObject({})),
		responses: { 200: json("How many sessions were ended", loggedOut) },
	});

	return createRouter()
		.openapi(start, async (c) => {
			const { channel, address, state, code_challenge } = c.req.valid("json");
			const request = { channel, address, state, codeChallenge: code_challenge, callbackUri: undefined };
			const started = await startPairing(deps, request, pairingRules(c, deps));
			return c.json(
				{
					temp_token: started.tempToken,
					expires_in: pairingSeconds,
					channel: started.channel,
					channel_title: titleOf(deps, started.channel),
					address_masked: started.label ?? null,
					link: started.link ?? null,
				} satisfies z.infer<typeof loginStarted>,
				200,
				noStore,
			);
		})
		.openapi(exchangeCode, async (c) => {
			const { temp_token, pairing_code, code_verifier, device } = c.req.valid("json");
			const login = await exchangePairing(deps, {
				tempToken: temp_token,
				code: pairing_code,
				codeVerifier: code_verifier,
				device,
				userId: (await callerIfAny(c, deps))?.userId,
			});
			return c.json(await tokensFor(deps, login), 200, noStore);
		})
		.openapi(refreshTokens, async (c) => {
			const { refresh_token, fingerprint } = c.req.valid("json");
			const login = await refreshLogin(deps, { refreshToken: refresh_token, fingerprint });
			return c.json(await tokensFor(deps, login), 200, noStore);
		})
		.openapi(endLogin, async (c) => {
			const { revoked, sessionsCleared } = await logOut(deps, c.get("user"));
			return c.json({ revoked, sessions_cleared: sessionsCleared }, 200);
		});
}

/** RFC 6749: no cache may keep an answer with tokens in it. */
const noStore = { "Cache-Control": "no-store" };

async function tokensFor(deps: AppDeps, login: Login): Promise<Tokens> {
	const { token, expiresAt } = await deps.tokens.issue(login);
	return {
		access_token: token,
		token_type: "Bearer",
		expires_in: accessTokenSeconds,
		expires_at: expiresAt.toISOString(),
		refresh_token: login.refreshToken,
		channel: login.channel,
		channel_title: titleOf(deps, login.channel),
		address_masked: login.label,
	};
}
