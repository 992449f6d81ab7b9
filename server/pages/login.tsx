import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { csrf } from "hono/csrf";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { browserLogin } from "../../src/contract/auth.ts";
import { channelNames } from "../../src/contract/channels.ts";
import { errorBody } from "../../src/contract/errors.ts";
import { text } from "../../src/contract/text.ts";
import type { AppDeps } from "../app-deps.ts";
import { callbackSource, callbackWith, isLoopbackCallback } from "../auth/callback-uri.ts";
import { pairingRules } from "../auth/http-limits.ts";
import { type Confirmation, confirmPairing } from "../domain/confirm-pairing.ts";
import { type PagePairing, readPairing } from "../domain/read-pairing.ts";
import { resendCode } from "../domain/resend-code.ts";
import { startPairing } from "../domain/start-pairing.ts";
import { AppError, statusOf } from "../errors.ts";
import { type AppEnv, answerError, createRouter } from "../http.ts";
import { AddressForm, type AddressFormProps, hintStyles } from "./address-form.tsx";
import { CodeForm } from "./code-form.tsx";
import { home } from "./home.tsx";
import { page } from "./layout.tsx";
import { Ending, type LoginQuery, loginUrl } from "./login-parts.tsx";

const loginQuery = browserLogin.extend({
	callback_uri: browserLogin.shape.callback_uri.refine(isLoopbackCallback, {
		message: "must be http://127.0.0.1 or http://[::1] with a port",
	}),
});
const tempToken = z.object({ temp_token: z.string().regex(/^[A-Za-z0-9_-]{20,200}$/) });
const sendForm = loginQuery.extend({
	channel: z.enum(channelNames),
	address: text(320),
	consent: z.literal("yes").optional(),
});
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

interface AddressProblems {
	chosen?: string;
	address?: string;
	consent?: string;
	status?: ContentfulStatusCode;
}

function addressPage(deps: AppDeps, c: Context<AppEnv>, query: LoginQuery, problems: AddressProblems = {}) {
	const channels = [...deps.channels.values()];
	const { callback_uri, state, code_challenge, code_challenge_method } = query;
	const props: AddressFormProps = {
		query: { callback_uri, state, code_challenge, code_challenge_method },
		channels,
		chosen: problems.chosen,
		addressProblem: problems.address,
		consentProblem: problems.consent,
		simulator: simulatorUrl(deps),
	};
	const failed = problems.status !== undefined;
	return page(c, {
		title: failed ? "Not sent: where to reach you" : "Where to reach you",
		body: <AddressForm {...props} />,
		css: hintStyles(channels),
		status: problems.status ?? 200,
		secret: deps.secret,
	});
}

async function sendStep(deps: AppDeps, c: Context<AppEnv>, sent: z.infer<typeof sendForm>) {
	const { channel, address, consent, state, code_challenge, callback_uri } = sent;
	if (consent === undefined) {
		return addressPage(deps, c, sent, {
			chosen: channel,
			consent: "Tick the box first: without your consent no message may be sent.",
			status: 400,
		});
	}
	try {
		const request = { channel, address, state, codeChallenge: code_challenge, callbackUri: callback_uri };
		const started = await startPairing(deps, request, pairingRules(c, deps));
		return await codePage(deps, c, started.tempToken);
	} catch (error) {
		// What was typed is not shown again: no page holds a whole number.
		return addressPage(deps, c, sent, { chosen: channel, ...shownProblem(error, c) });
	}
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
	return ending(deps, c, result);
}

async function resendStep(deps: AppDeps, c: Context<AppEnv>, token: string) {
	const pairing = await readPairing(deps, token);
	if (pairing === undefined) return ending(deps, c, { outcome: "unknown" });
	try {
		const { outcome } = await resendCode(deps, token, pairingRules(c, deps));
		if (outcome === "sent") return await codePage(deps, c, token, { resent: true });
		if (outcome === "unknown") return ending(deps, c, { outcome });
		if (outcome !== "no_more") return ending(deps, c, { outcome, pairing });
		return await codePage(deps, c, token, { problem: "No more codes for this number now.", status: 429 });
	} catch (error) {
		const { address: problem, status } = shownProblem(error, c);
		return codePage(deps, c, token, { problem, status });
	}
}

interface CodePageOptions {
	problem?: string;
	resent?: boolean;
	status?: ContentfulStatusCode;
}

async function codePage(deps: AppDeps, c: Context<AppEnv>, token: string, options: CodePageOptions = {}) {
	const pairing = await readPairing(deps, token);
	if (pairing === undefined) return ending(deps, c, { outcome: "unknown" });
	return page(c, {
		title: options.problem === undefined ? "Type the code" : "Try again: type the code",
		body: (
			<CodeForm
				query={queryOf(pairing)}
				tempToken={token}
				channel={deps.channels.get(pairing.channel)}
				label={pairing.label}
				sendsLeft={pairing.sendsLeft}
				problem={options.problem}
				resent={options.resent ?? false}
				simulator={simulatorUrl(deps)}
			/>
		),
		status: options.status ?? 200,
		formAction: callbackSource(pairing.callbackUri),
		secret: deps.secret,
	});
}

type Dead = Exclude<Confirmation, { outcome: "confirmed" | "wrong" }>;

const endings = {
	expired: ["That code has expired", "Codes work for ten minutes. Start again to get a new one."],
	burnt: [
		"Too many wrong codes",
		"To keep others from guessing, this code has been cancelled. Start again to get a new one.",
	],
	used: ["That code has been used", "This computer is connected already. You can close this page."],
	unknown: ["Nothing to confirm here", "Go back to Claude Code and run /notify-setup: it opens a fresh page."],
} as const satisfies Record<Dead["outcome"], readonly [string, string]>;

function ending(deps: AppDeps, c: Context<AppEnv>, dead: Dead) {
	const [title, words] = endings[dead.outcome];
	const again = dead.outcome === "unknown" || dead.outcome === "used" ? undefined : loginUrl(queryOf(dead.pairing));
	const body = <Ending title={title} text={words} again={again} />;
	return page(c, { title, body, status: dead.outcome === "unknown" ? 404 : 410, secret: deps.secret });
}

function queryOf({ callbackUri, state, codeChallenge }: PagePairing): LoginQuery {
	return { callback_uri: callbackUri, state, code_challenge: codeChallenge, code_challenge_method: "S256" };
}

function simulatorUrl(deps: AppDeps): string | undefined {
	return deps.phone === undefined ? undefined : "/dev/phone";
}

/** A refusal in words beside its field; a bug is not for this place and goes on. */
function shownProblem(error: unknown, c: Context<AppEnv>) {
	if (!(error instanceof AppError)) throw error;
	if (error.retryAfter !== undefined) c.header("Retry-After", String(error.retryAfter));
	return { address: error.message, status: statusOf[error.code] };
}

/** Whatever else was thrown, as a page instead of JSON: a person is looking at it. */
async function problemPage(deps: AppDeps, error: Error, c: Context<AppEnv>) {
	const answer = answerError(error, c, deps.log);
	const { error: code, message, request_id } = errorBody.parse(await answer.json());
	const incomplete = code === "invalid_request";
	const title = incomplete ? "This link is not complete" : "That did not work";
	const words = incomplete
		? "Go back to Claude Code and run /notify-setup: it opens this page with everything it needs."
		: `${message} (${request_id})`;
	return page(c, {
		title,
		body: <Ending title={title} text={words} again={undefined} />,
		status: statusOf[code],
		secret: deps.secret,
	});
}
