import { listenForCallback } from "./commands/loopback.ts";
import { createPkce } from "./commands/pkce.ts";
import type { Login } from "./companion/login.ts";
import { type LoginStarted, pairingSeconds, type Tokens } from "./contract/auth.ts";
import { type ChannelName, channelName } from "./contract/channels.ts";
import { readPairing, removePairing, writePairing } from "./state/pairing.ts";

/** Pairing, from a slash command or from the command line: one exchange, one login on disk. */
export interface PairingTools {
	login: Login;
	home: string;
	hostname: string;
	now: () => Date;
}

/** Has a code sent to a contact as a person types it, or a link made where an address is not typed (`telegram`). */
export async function startPairing(
	words: readonly string[],
	{ login, home, now }: PairingTools,
): Promise<LoginStarted> {
	const [first = "", ...rest] = words;
	const channel: ChannelName | undefined = channelName.safeParse(first.toLowerCase()).data;
	const address = channel === undefined ? words.join("") : rest.join("");
	const { verifier, challenge, state } = createPkce();
	const started = await login.api.startRemoteLogin({
		mode: "remote",
		...(channel === undefined ? {} : { channel }),
		...(address === "" ? {} : { address }),
		state,
		code_challenge: challenge,
	});
	writePairing(home, {
		server: login.api.server,
		temp_token: started.temp_token,
		code_verifier: verifier,
		state,
		expires_at: new Date(now().getTime() + started.expires_in * 1000).toISOString(),
		channel: started.channel,
	});
	return started;
}

/** Undefined when no pairing waits for a code. Throws ApiError for a code that the server does not take; then nothing is stored. */
export async function finishPairing(code: string, tools: PairingTools): Promise<Tokens | undefined> {
	const { login, home, now } = tools;
	const pending = readPairing(home, now());
	if (pending === undefined || pending.server !== login.api.server) return undefined;
	return exchange({ temp_token: pending.temp_token, pairing_code: code, code_verifier: pending.code_verifier }, tools);
}

/** Opens the hosted page and waits for it to send the browser back. Undefined when nobody finished it in time. */
export async function pairInBrowser(show: (url: string) => void, tools: PairingTools): Promise<Tokens | undefined> {
	const { verifier, challenge, state } = createPkce();
	const { promise, resolve, reject } = deferred<Tokens | undefined>();
	const listener = await listenForCallback({
		state,
		limitMs: pairingSeconds * 1000,
		async onToken(tempToken) {
			const done = exchange({ temp_token: tempToken, code_verifier: verifier }, tools);
			done.then(resolve, reject);
			await done;
			return "Paired. You can close this page and return to the terminal.";
		},
	});
	// The listener alone keeps no process alive.
	const timer = setTimeout(resolve, pairingSeconds * 1000, undefined);
	show(
		tools.login.api.loginUrl({
			callback_uri: listener.uri,
			state,
			code_challenge: challenge,
			code_challenge_method: "S256",
		}),
	);
	try {
		return await promise;
	} finally {
		clearTimeout(timer);
		listener.close();
	}
}

type Proof = Parameters<Login["api"]["exchange"]>[0];

/** The proof becomes this machine's login, or one more channel of it. */
export async function exchange(proof: Proof, { login, home, hostname }: PairingTools): Promise<Tokens> {
	const tokens = await login.callIfPaired((token) => login.api.exchange(proof, hostname, token));
	await login.pair(tokens);
	removePairing(home);
	return tokens;
}

/** Promise.withResolvers, which Node 20 does not have. */
function deferred<T>() {
	let resolve: (value: T) => void = () => undefined;
	let reject: (reason: unknown) => void = () => undefined;
	const promise = new Promise<T>((yes, no) => {
		resolve = yes;
		reject = no;
	});
	return { promise, resolve, reject };
}
