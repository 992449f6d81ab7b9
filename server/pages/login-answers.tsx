import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { errorBody } from "../../src/contract/errors.ts";
import type { AppDeps } from "../app-deps.ts";
import { callbackSource } from "../auth/callback-uri.ts";
import type { Confirmation } from "../domain/confirm-pairing.ts";
import { type PagePairing, readPairing } from "../domain/read-pairing.ts";
import { AppError, statusOf } from "../errors.ts";
import { type AppEnv, answerError } from "../http.ts";
import { AddressForm, type AddressFormProps, choiceStyles } from "./address-form.tsx";
import { CodeForm } from "./code-form.tsx";
import { page } from "./layout.tsx";
import { LinkForm, qrSvg } from "./link-form.tsx";
import { Ending, type LoginQuery, loginUrl } from "./login-parts.tsx";

interface AddressProblems {
	chosen?: string;
	address?: string;
	consent?: string;
	status?: ContentfulStatusCode;
}

export function addressPage(deps: AppDeps, c: Context<AppEnv>, query: LoginQuery, problems: AddressProblems = {}) {
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
		css: choiceStyles(channels),
		status: problems.status ?? 200,
		secret: deps.secret,
	});
}

interface CodePageOptions {
	problem?: string;
	resent?: boolean;
	status?: ContentfulStatusCode;
}

/** The second step, or why there is none. */
export async function codePage(deps: AppDeps, c: Context<AppEnv>, token: string, options: CodePageOptions = {}) {
	const pairing = await readPairing(deps, token);
	if (pairing === undefined) return ending(deps, c, { outcome: "unknown" });
	const channel = deps.channels.get(pairing.channel);
	const parts = {
		query: queryOf(pairing),
		tempToken: token,
		problem: options.problem,
		simulator: simulatorUrl(deps),
	};
	const body =
		pairing.link !== undefined && channel !== undefined ? (
			<LinkForm {...parts} channel={channel} link={pairing.link} qr={await qrSvg(pairing.link)} />
		) : (
			<CodeForm
				{...parts}
				channel={channel}
				label={pairing.label ?? "your phone"}
				sendsLeft={pairing.sendsLeft}
				resent={options.resent ?? false}
				alone={deps.channels.size === 1}
			/>
		);
	return page(c, {
		title: options.problem === undefined ? "Type the code" : "Try again: type the code",
		body,
		status: options.status ?? 200,
		formAction: callbackSource(pairing.callbackUri),
		secret: deps.secret,
	});
}

type Dead = Exclude<Confirmation, { outcome: "confirmed" | "wrong" | "unopened" }>;

const endings = {
	expired: ["That code has expired", "Codes work for ten minutes. Start again to get a new one."],
	burnt: [
		"Too many wrong codes",
		"To keep others from guessing, this code has been cancelled. Start again to get a new one.",
	],
	used: ["That code has been used", "This computer is connected already. You can close this page."],
	unknown: ["Nothing to confirm here", "Go back to Claude Code and run /notify-setup: it opens a fresh page."],
} as const satisfies Record<Dead["outcome"], readonly [string, string]>;

/** A pairing that takes no code any more. */
export function ending(deps: AppDeps, c: Context<AppEnv>, dead: Dead) {
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

/** Whatever else was thrown, as a page instead of JSON: a person is looking at it. */
export async function problemPage(deps: AppDeps, error: Error, c: Context<AppEnv>) {
	const foreign = error instanceof HTTPException && error.status === 403;
	const shown = foreign
		? new AppError("forbidden", "This form came from another site. Run /notify-setup again.")
		: error;
	const answer = answerError(shown, c, deps.log);
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
