import { AppError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { sameSecret } from "../secrets.ts";

/** For how long whoever has a link can read the log. */
const lifetimeSeconds = 15 * 60;

export interface LogLink {
	/** Seconds since 1970. */
	expires: number;
	signature: string;
}

/** Opens one log to whoever has it, without a login. */
export function logLink(deps: Pick<Deps, "vault" | "now">, logId: string): LogLink {
	const expires = secondsOf(deps) + lifetimeSeconds;
	return { expires, signature: sign(deps, logId, expires) };
}

/** Throws AppError `forbidden` for a link that nobody gave out, or that is too old. */
export function checkLogLink(deps: Pick<Deps, "vault" | "now">, logId: string, { expires, signature }: LogLink): void {
	if (!sameSecret(sign(deps, logId, expires), signature)) throw new AppError("forbidden", "This link is not valid.");
	if (expires <= secondsOf(deps)) {
		throw new AppError("forbidden", "This link has expired. Ask for the task again to get a new one.");
	}
}

function sign({ vault }: Pick<Deps, "vault">, logId: string, expires: number): string {
	return vault.mac("log-link", `${logId}:${expires}`);
}

function secondsOf({ now }: Pick<Deps, "now">): number {
	return Math.floor(now().getTime() / 1000);
}
