import { networkReason } from "../api-call.ts";
import { ApiError, ServerUnreachable } from "../api-errors.ts";
import { NotPaired } from "../companion/login.ts";
import type { AccountStatus, UserChannel } from "../contract/sessions.ts";
import { reasonOf } from "../log.ts";
import { type Check, fault, ok, skipped } from "./check.ts";
import type { CliTools } from "./command.ts";
import { serverHealth } from "./server-health.ts";
import { forTerminal } from "./terminal-words.ts";

/** What a token's life does not notice. */
const clockToleranceMs = 120_000;

/** The server, its clock, the login, and each channel; what hangs on a fault is not looked at. */
export async function checkServer(tools: CliTools): Promise<Check[]> {
	const reached = await reach(tools);
	if (reached.length === 0 || reached.some(({ name, state }) => name === "server" && state === "fault")) {
		return [...reached, skipped("login", "needs the server"), skipped("channels", "need the login")];
	}
	return [...reached, ...(await checkLogin(tools))];
}

async function reach({ login, now }: CliTools): Promise<Check[]> {
	let server = "";
	try {
		server = login.api.server;
	} catch (error) {
		return [fault("server", reasonOf(error), "Set CLAUDE_NOTIFY_URL to your server's address.")];
	}
	const address = "Start it (npm start in its folder), or set CLAUDE_NOTIFY_URL to its address.";
	try {
		const began = now().getTime();
		const { version, status, date } = await serverHealth(server);
		const here = (began + now().getTime()) / 2;
		if (version === undefined) return [fault("server", `${server} is not a claude-notify server (${status})`, address)];
		return [ok("server", `${server}, version ${version}`), clock(date, here)];
	} catch (error) {
		return [fault("server", `${server} cannot be reached: ${networkReason(error)}`, address)];
	}
}

function clock(date: string | null, here: number): Check {
	const there = Date.parse(date ?? "");
	if (Number.isNaN(there)) return skipped("clock", "the server does not tell its time");
	const seconds = Math.round((here - there) / 1000);
	if (Math.abs(seconds) * 1000 <= clockToleranceMs) return ok("clock", "agrees with the server's");
	const off = `this machine's clock is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} the server's`;
	return fault("clock", off, "Switch network time on (Linux: timedatectl set-ntp true), here or on the server.");
}

async function checkLogin({ login }: CliTools): Promise<Check[]> {
	try {
		const account = await login.call((token) => login.api.status(token));
		const { expires_at, address_masked } = login.read();
		const paired = ok("login", `paired with ${address_masked}, until ${expires_at}, renewed by itself`);
		return [paired, ...channelChecks(account)];
	} catch (error) {
		return [loginFault(error), skipped("channels", "need the login")];
	}
}

function loginFault(error: unknown): Check {
	const message = forTerminal(reasonOf(error));
	if (error instanceof NotPaired) return fault("login", message, "claude-notify login");
	if (error instanceof ApiError && error.status === 401) return fault("login", message, "claude-notify login");
	if (error instanceof ServerUnreachable || error instanceof ApiError) {
		return fault("login", `could not be tried: ${message}`, "See the server's log, and try again.");
	}
	throw error;
}

function channelChecks({ channels }: AccountStatus): Check[] {
	if (channels.length === 0) return [fault("channels", "there is none: nobody is told", "claude-notify login")];
	return channels.map(channelCheck);
}

function channelCheck({ channel, address_masked, opted_out, opted_out_hint, last_delivery }: UserChannel): Check {
	if (opted_out) {
		const hint = forTerminal(opted_out_hint ?? "/notify-setup switches it on again");
		return fault(channel, `${address_masked} is switched off at your end`, hint);
	}
	if (last_delivery === null) return ok(channel, `${address_masked}; nothing sent yet (claude-notify test sends one)`);
	const { state, error, updated_at } = last_delivery;
	const last = `${address_masked}; last message ${state}, ${updated_at}`;
	if (state !== "failed" && state !== "dead") return ok(channel, last);
	const cure = "Mend what it says, then: claude-notify test";
	return fault(channel, error === null ? last : `${last}: ${error}`, cure);
}
