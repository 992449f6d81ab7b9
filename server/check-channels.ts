import { once } from "node:events";
import type { ConfiguredChannel, ConfiguredChannels } from "./channels/index.ts";
import type { Provider } from "./channels/provider.ts";
import type { Log } from "./domain/deps.ts";

/** A start must not wait for it, and a person at a terminal not for long. */
const patienceMs = 10_000;

/** Asks the provider about its account. Undefined: it takes the credentials, or it cannot be asked. A sentence without its full stop names a variable. */
export async function checkAccount({ check, provider }: ConfiguredChannel): Promise<string | undefined> {
	const signal = AbortSignal.timeout(patienceMs);
	const late = once(signal, "abort").then(() => `${provider.title} did not answer`);
	// An SDK's own error may hold the credentials, so that not even its message is repeated.
	const said = await Promise.race([check(signal).catch(() => `${provider.title} could not be asked`), late]);
	return said === undefined ? undefined : withVariable(said.replace(/\.$/, ""), provider);
}

function withVariable(said: string, { variables }: Provider): string {
	if (variables.some(({ name }) => said.includes(name))) return said;
	const required = variables.filter((variable) => variable.required).map(({ name }) => name);
	return `${said}, so ${required.join(", ")} could not be checked`;
}

/** Warns of each channel whose credentials are refused or whose provider does not answer. The server goes on, and so do the other channels. */
export async function warnOfChannels(channels: ConfiguredChannels, log: Log): Promise<void> {
	const checks = [...channels].map(async ([channel, configured]) => {
		const problem = await checkAccount(configured);
		if (problem !== undefined) log.warn({ channel }, `${problem}. The other channels work.`);
	});
	await Promise.all(checks);
}
