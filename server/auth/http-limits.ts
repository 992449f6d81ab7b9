import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { PairingRules } from "../domain/pairing-rules.ts";
import { AppError } from "../errors.ts";
import type { AppEnv } from "../http.ts";
import { clientIp, limitKey } from "./client-ip.ts";

/** Abuse limits per address, in this process's memory. The product's own limits stand in the database. */
export interface HttpLimits {
	/** Counts one request; throws AppError `rate_limited` with Retry-After. */
	request(ip: string): Promise<void>;
	/** Counts one code that is about to be sent for a caller at this address. */
	codeSend(ip: string): Promise<void>;
}

export interface HttpLimitOptions {
	requestsPerMinute?: number;
	codeSendsPerDay?: number;
}

export function createHttpLimits({ requestsPerMinute = 100, codeSendsPerDay = 10 }: HttpLimitOptions = {}): HttpLimits {
	const requests = new RateLimiterMemory({ keyPrefix: "request", points: requestsPerMinute, duration: 60 });
	const codeSends = new RateLimiterMemory({ keyPrefix: "code", points: codeSendsPerDay, duration: 86_400 });
	return {
		request: (ip) => consume(requests, ip, "Too many requests. Try again shortly."),
		codeSend: (ip) => consume(codeSends, ip, "Too many codes were asked for from this network. Try again tomorrow."),
	};
}

async function consume(limiter: RateLimiterMemory, ip: string, message: string): Promise<void> {
	try {
		await limiter.consume(limitKey(ip));
	} catch (error) {
		if (!(error instanceof RateLimiterRes)) throw error;
		throw new AppError("rate_limited", message, { retryAfter: Math.max(1, Math.ceil(error.msBeforeNext / 1000)) });
	}
}

/** Providers call the webhooks for all users from few addresses; /dev exists on loopback only. */
const uncounted = /^\/(?:(?:v1\/)?webhooks\/|healthz$|readyz$|metrics$|dev\/)/;
/** A session's own routes; /sessions/start is called with an access token and counts. */
const ofSession = /^\/(?:v1\/)?sessions\/(?!start$)[^/]+\//;

/** 100 requests a minute for each address, on everything but webhooks, health and the routes of a session with its valid token. */
export function limitByAddress(deps: { limits: HttpLimits; trustedProxies: number }) {
	return createMiddleware<AppEnv>(async (c, next) => {
		const { path } = c.req;
		if (uncounted.test(path)) return next();
		if (!ofSession.test(path)) {
			await deps.limits.request(clientIp(c, deps.trustedProxies));
			return next();
		}
		await next();
		// Whether the token was valid is known only afterwards; then the guess is counted, and over the limit tells nothing.
		// No guess was judged while the database was away, and every companion comes again then.
		if (c.get("session") === undefined && c.res.status !== 503)
			await deps.limits.request(clientIp(c, deps.trustedProxies));
	});
}

/** What the verbs that send codes are told of the server and of the caller's address. */
export function pairingRules(
	c: Context<AppEnv>,
	deps: { limits: HttpLimits; trustedProxies: number; smsCountries: readonly string[] },
): PairingRules {
	return {
		smsCountries: deps.smsCountries,
		countSend: () => deps.limits.codeSend(clientIp(c, deps.trustedProxies)),
	};
}
