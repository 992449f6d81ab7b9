import { ApiError } from "../api-errors.ts";
import { type LoginStarted, pairingSeconds } from "../contract/auth.ts";
import { reasonOf } from "../log.ts";
import { exchange, startPairing } from "../pair-machine.ts";
import { listenForCallback } from "./loopback.ts";
import { createPkce } from "./pkce.ts";
import { qrText } from "./qr.ts";
import type { Command, CommandTools } from "./tools.ts";

/** How long the browser's page may wait for the server before it says "see /notify-status". */
const answerWithinMs = 4000;

const usage = `Use: /notify-setup opens a page. Without a browser say where messages shall go:
/notify-setup +15551234567, /notify-setup me@example.com, /notify-setup telegram`;

/** Pairs a phone: through the hosted page, or with a contact and /notify-pair where there is no browser. */
export const setup: Command = async (args, tools) => {
	const words = args.trim().split(/\s+/).filter(Boolean);
	const [first = ""] = words;
	if (first === "") return inBrowser(tools);
	if (isNoContact(first)) return usage;
	// Which channels there are, and what their addresses look like, is the server's to say.
	return byCode(words, tools);
};

/** Nothing that any server could know: no name, no number, no `@`. */
function isNoContact(first: string): boolean {
	return !/[\p{L}\p{N}@]/u.test(first) || /^-*(help|h|usage)$/i.test(first);
}

async function byCode(words: readonly string[], tools: CommandTools): Promise<string> {
	try {
		const started = await startPairing(words, tools);
		return started.link === null ? codeSent(started) : openLink(started.channel_title, started.link);
	} catch (error) {
		if (!(error instanceof ApiError) || error.code !== "invalid_request") throw error;
		return error.message.includes("/notify-setup") ? error.message : `${error.message}\n${usage}`;
	}
}

function codeSent({ address_masked, channel_title }: LoginStarted): string {
	return `A code is on its way to ${address_masked} by ${channel_title}. It is good for 10 minutes.\nType /notify-pair 123456 with that code.`;
}

const thenPair = "A 6-digit code comes there. Type /notify-pair 123456 with that code.";

function openLink(title: string, link: string): string {
	if (isOnThisMachine(link)) {
		return `Open this page and press Start: it is the simulated phone's ${title} (good for 10 minutes):\n${link}\n${thenPair}`;
	}
	return [
		`Open this link on your phone and press Start in ${title}, or point the phone's camera at the square (good for 10 minutes):`,
		link,
		qrText(link),
		thenPair,
	].join("\n");
}

/** No phone's camera gets there. */
function isOnThisMachine(link: string): boolean {
	return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(link).hostname);
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
	return `Open this page to pair your phone (good for 10 minutes, while this session is open):\n${url}\nWithout a browser on this machine: /notify-setup telegram, or /notify-setup with a number or an e-mail address`;
}

/** The page has taken the code already. Never rejects: the result is shown in the browser and by /notify-status. */
function finish(tools: CommandTools, tempToken: string, verifier: string): Promise<string> {
	const { pairing } = tools;
	const result = exchange({ temp_token: tempToken, code_verifier: verifier }, tools)
		.then((tokens) => `Paired with ${tokens.address_masked} by ${tokens.channel_title}.`)
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
