import { pairingSeconds } from "../contract/auth.ts";
import { type ChannelName, channelNames, e164 } from "../contract/channels.ts";
import { reasonOf } from "../log.ts";
import { removePairing, writePairing } from "../state/pairing.ts";
import { listenForCallback } from "./loopback.ts";
import { createPkce } from "./pkce.ts";
import type { Command, CommandTools } from "./tools.ts";

const usage = `Use: /notify-setup                     pairs a phone in the browser
     /notify-setup sms +15551234567    sends a code to that phone`;

/** How long the browser's page may wait for the server before it says "see /notify-status". */
const answerWithinMs = 4000;

/** Pairs a phone: through the hosted page, or with an address and /notify-pair where there is no browser. */
export const setup: Command = async (args, tools) => {
	const words = args.trim().split(/\s+/).filter(Boolean);
	const channel = channelNames.find((name) => name === words[0]?.toLowerCase());
	const address = words.slice(channel === undefined ? 0 : 1).join("");
	if (address === "") return words.length > 0 && channel === undefined ? usage : inBrowser(tools);
	const wanted = channel ?? channelOf(address);
	if (wanted === undefined) return usage;
	if (wanted === "sms") {
		const number = address.replace(/[().-]/g, "");
		if (e164.test(number)) return byCode(wanted, number, tools);
		return "That is not a phone number with its country code. Example: /notify-setup sms +15551234567";
	}
	return byCode(wanted, address, tools);
};

function channelOf(address: string): ChannelName | undefined {
	if (address.startsWith("+")) return "sms";
	return /^[^@\s]+@[^@\s]+$/.test(address) ? "email" : undefined;
}

async function byCode(channel: ChannelName, address: string, { login, home, now }: CommandTools): Promise<string> {
	const { verifier, challenge, state } = createPkce();
	const started = await login.api.startRemoteLogin({
		mode: "remote",
		channel,
		address,
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
		address_masked: started.address_masked,
	});
	return `A code is on its way to ${started.address_masked} by ${started.channel}. It is good for 10 minutes.\nType /notify-pair 123456 with that code.`;
}

async function inBrowser(tools: CommandTools): Promise<string> {
	const { login, pairing, openPage } = tools;
	const { verifier, challenge, state } = createPkce();
	pairing.listener?.close();
	const listener = await listenForCallback({
		state,
		limitMs: pairingSeconds * 1000,
		onToken: (tempToken) => answerBrowser(finish(tools, tempToken, verifier)),
	});
	pairing.listener = listener;
	pairing.note = undefined;
	const query = {
		callback_uri: listener.uri,
		state,
		code_challenge: challenge,
		code_challenge_method: "S256",
	} as const;
	const url = login.api.loginUrl(query);
	openPage(url);
	return `Open this page to pair your phone (good for 10 minutes, while this session is open):\n${url}\nWithout a browser on this machine: /notify-setup sms +15551234567`;
}

/** The page has taken the code already. Never rejects: the result is shown in the browser and by /notify-status. */
function finish(
	{ login, home, hostname, pairing }: CommandTools,
	tempToken: string,
	verifier: string,
): Promise<string> {
	const exchange = async () => {
		const tokens = await login.api.exchange({ temp_token: tempToken, code_verifier: verifier }, hostname);
		await login.pair(tokens);
		removePairing(home);
		return `Paired with ${tokens.address_masked}.`;
	};
	const result = exchange()
		.catch((error: unknown) => `Pairing failed: ${reasonOf(error)}`)
		.then((note) => {
			pairing.note = note;
			pairing.listener = undefined;
			return note;
		});
	pairing.result = result;
	return result;
}

async function answerBrowser(result: Promise<string>): Promise<string> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<string>((resolve) => {
		timer = setTimeout(resolve, answerWithinMs, "Almost done. /notify-status in Claude Code tells when it is.");
	});
	const note = await Promise.race([result, late]);
	clearTimeout(timer);
	return `${note} You can close this page and return to Claude Code.`;
}
