import { ApiError } from "../api-errors.ts";
import type { LoginStarted, Tokens } from "../contract/auth.ts";
import { finishPairing, pairInBrowser, startPairing } from "../pair-machine.ts";
import { type CliResult, type CliTools, cliCommand, UsageError } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";

/** The server takes five; the fifth wrong one ends the pairing. */
const tries = 5;
const contacts = "claude-notify login +15551234567, claude-notify login me@example.com or claude-notify login telegram";

/** Pairs this machine; Claude Code's plugin uses the same login. */
export const login = cliCommand({
	name: "login",
	summary: "Pair this machine with your phone or mail address",
	example: "claude-notify login +15551234567",
	args: {
		contact: { type: "positional", required: false, description: "A number, a mail address or a channel's name" },
		code: { type: "string", description: "The 6 digits that came", valueHint: "123456" },
	},
	async run({ contact, code, _: words }, tools) {
		if (code !== undefined) return byCode(code.trim(), tools);
		if (contact !== undefined) return byContact(words, tools);
		const { openPage } = tools;
		if (openPage === undefined) throw new UsageError(`There is no browser here. Use ${contacts}`);
		const tokens = await pairInBrowser((url) => {
			tools.say(`Open this page to pair your phone (good for 10 minutes):\n${url}`);
			openPage(url);
		}, tools);
		return tokens === undefined ? nobodyCame : paired(tokens);
	},
});

const nobodyCame: CliResult = {
	data: { paired: false },
	text: "Nobody finished the page within 10 minutes.",
	code: exitCodes.failed,
};

async function byContact(words: string[], tools: CliTools): Promise<CliResult> {
	const started = await startPairing(words, tools);
	tools.say(whereCodeIs(started));
	for (let left = tries; left > 0; left--) {
		const code = await tools.ask("Code: ");
		if (code === undefined) break;
		if (!isCode(code)) {
			tools.say("The code has 6 digits.");
			continue;
		}
		try {
			return await byCode(code.trim(), tools);
		} catch (error) {
			if (left === 1 || !(error instanceof ApiError) || error.status !== 401) throw error;
			tools.say(error.message);
		}
	}
	const { channel, address_masked, link } = started;
	return {
		data: { paired: false, waiting_for_code: true, channel, address_masked, link },
		text: "Then: claude-notify login --code 123456",
	};
}

function whereCodeIs({ link, channel_title, address_masked }: LoginStarted): string {
	if (link === null) return `A code is on its way to ${address_masked} by ${channel_title}. It is good for 10 minutes.`;
	return `Open this link on your phone and press Start in ${channel_title}; a 6-digit code comes there:\n${link}`;
}

const isCode = (code: string) => /^\d{6}$/.test(code.trim());

async function byCode(code: string, tools: CliTools): Promise<CliResult> {
	if (!isCode(code)) throw new UsageError("The code has 6 digits: claude-notify login --code 123456");
	const tokens = await finishPairing(code, tools);
	if (tokens === undefined) throw new UsageError(`No pairing is waiting for a code. Begin with ${contacts}`);
	return paired(tokens);
}

function paired({ channel, channel_title, address_masked, expires_at }: Tokens): CliResult {
	return {
		data: { paired: true, channel, address_masked, expires_at },
		text: `Paired with ${address_masked} by ${channel_title}.`,
	};
}
