import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { csrf } from "hono/csrf";
import { browserLogin } from "../../src/contract/auth.ts";
import { channelName } from "../../src/contract/channels.ts";
import { text } from "../../src/contract/text.ts";
import type { AppDeps } from "../app-deps.ts";
import { callbackWith, isLoopbackCallback } from "../auth/callback-uri.ts";
import { pairingRules } from "../auth/http-limits.ts";
import { confirmPairing } from "../domain/confirm-pairing.ts";
import { readPairing } from "../domain/read-pairing.ts";
import { resendCode } from "../domain/resend-code.ts";
import { startPairing } from "../domain/start-pairing.ts";
import { AppError, statusOf } from "../errors.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { addressFieldOf } from "./address-form.tsx";
import { home } from "./home.tsx";
import { addressPage, codePage, ending, problemPage } from "./login-answers.tsx";

const loginQuery = browserLogin.extend({
	callback_uri: browserLogin.shape.callback_uri.refine(isLoopbackCallback, {
		message: "must be http://127.0.0.1 or http://[::1] with a port",
	}),
});
const tempToken = z.object({ temp_token: z.string().regex(/^[A-Za-z0-9_-]{20,200}$/) });
const address = text(320);
/** Loose: with several channels on offer the form has an address field for each. */
const sendForm = loginQuery
	.extend({ channel: channelName, address: address.optional(), consent: z.literal("yes").optional() })
	.loose();
const confirmForm = tempToken.extend({ code: text(40) });

const html = (description: string) => ({ description, content: { "text/html": { schema: z.string() } } });
const form = <T extends z.ZodType>(schema: T) => ({
	body: { required: true, content: { "application/x-www-form-urlencoded": { schema } } },
});
const tags = ["pages"];

/** The hosted login: a number, a code, and back to the companion's listener. No script, no cookie; all hangs on the temp_token. */
export function loginPages(deps: AppDeps): OpenAPIHono<AppEnv> {
	// Browsers say where a form came from; our own pages are the only ones that may send these.
	const middleware = csrf({ origin: (origin) => origin === deps.publicUrl.origin });
	const responses = { 200: html("The next page"), 400: html("What was not right") };
	const show = createRoute({ method: "get", path: "/login", tags, request: { query: loginQuery }, responses });
	const send = createRoute({
		method: "post",
		path: "/login/send",
		tags,
		middleware,
		request: form(sendForm),
		responses,
	});
	const confirm = createRoute({
		method: "post",
		path: "/login/confirm",
		tags,
		middleware,
		request: form(confirmForm),
		responses: { ...responses, 303: { description: "To callback_uri with temp_token and state" } },
	});
	const resend = createRoute({
		method: "post",
		path: "/login/resend",
		tags,
		middleware,
		request: form(tempToken),
		responses,
	});

	const router = createRouter();
	router.onError((error, c) => problemPage(deps, error, c));
	router.get("/", (c) => home(c, deps));
	router.openapi(show, (c) => addressPage(deps, c, c.req.valid("query")));
	router.openapi(send, (c) => sendStep(deps, c, c.req.valid("form")));
	router.openapi(confirm, (c) => confirmStep(deps, c, c.req.valid("form")));
	router.openapi(resend, (c) => resendStep(deps, c, c.req.valid("form").temp_token));
	return router;
}

async function sendStep(deps: AppDeps, c: Context<AppEnv>, sent: z.infer<typeof sendForm>) {
	const { channel, consent, state, code_challenge, callback_uri } = sent;
	if (consent === undefined) {
		return addressPage(deps, c, sent, {
			chosen: channel,
			consent: "Tick the box first: without your consent no message may be sent.",
			status: 400,
		});
	}
	try {
		const request = {
			channel,
			address: typedAddress(sent),
			state,
			codeChallenge: code_challenge,
			callbackUri: callback_uri,
		};
		const started = await startPairing(deps, request, pairingRules(c, deps));
		return await codePage(deps, c, started.tempToken);
	} catch (error) {
		// What was typed is not shown again: no page holds a whole number.
		return addressPage(deps, c, sent, { chosen: channel, ...shownProblem(error, c) });
	}
}

function typedAddress(sent: z.infer<typeof sendForm>): string | undefined {
	return sent.address ?? address.safeParse(sent[addressFieldOf(sent.channel)]).data;
}

async function confirmStep(deps: AppDeps, c: Context<AppEnv>, sent: z.infer<typeof confirmForm>) {
	const code = sent.code.replace(/\s/g, "");
	if (!/^\d{6}$/.test(code)) {
		return codePage(deps, c, sent.temp_token, {
			problem: "The code has six digits. Nothing was counted.",
			status: 422,
		});
	}
	const result = await confirmPairing(deps, sent.temp_token, code);
	if (result.outcome === "confirmed") {
		c.header("Cache-Control", "no-store");
		c.header("Referrer-Policy", "no-referrer");
		const { callbackUri, state } = result.pairing;
		return c.redirect(callbackWith(callbackUri, { temp_token: sent.temp_token, state }), 303);
	}
	if (result.outcome === "wrong") {
		const left = result.triesLeft === 1 ? "1 try" : `${result.triesLeft} tries`;
		return codePage(deps, c, sent.temp_token, {
			problem: `That is not the code. You have ${left} left.`,
			status: 422,
		});
	}
	if (result.outcome === "unopened") {
		const problem = "Open the link first: the code comes there. Nothing was counted.";
		return codePage(deps, c, sent.temp_token, { problem, status: 422 });
	}
	return ending(deps, c, result);
}

async function resendStep(deps: AppDeps, c: Context<AppEnv>, token: string) {
	const pairing = await readPairing(deps, token);
	if (pairing === undefined) return ending(deps, c, { outcome: "unknown" });
	try {
		const { outcome } = await resendCode(deps, token, pairingRules(c, deps));
		if (outcome === "sent") return await codePage(deps, c, token, { resent: true });
		if (outcome === "unknown") return ending(deps, c, { outcome });
		if (outcome === "no_more")
			return await codePage(deps, c, token, { problem: "No more codes for this number now.", status: 429 });
		if (outcome === "unopened") return await codePage(deps, c, token, { status: 422 });
		return ending(deps, c, { outcome, pairing });
	} catch (error) {
		const { address: problem, status } = shownProblem(error, c);
		return codePage(deps, c, token, { problem, status });
	}
}

/** A refusal in words beside its field; a bug is not for this place and goes on. */
function shownProblem(error: unknown, c: Context<AppEnv>) {
	if (!(error instanceof AppError)) throw error;
	if (error.retryAfter !== undefined) c.header("Retry-After", String(error.retryAfter));
	return { address: error.message, status: statusOf[error.code] };
}
