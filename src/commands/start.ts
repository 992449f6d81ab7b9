import { ApiError } from "../api-errors.ts";
import { AlreadyMonitoring } from "../companion/keeper.ts";
import { cutText } from "../contract/cut-text.ts";
import { maxDescription } from "../contract/sessions.ts";
import { plainText } from "../plain-text.ts";
import type { Command, CommandTools } from "./tools.ts";

/** Starts monitoring of this session. */
export const start: Command = async (args, tools) => {
	const { keeper, pairing } = tools;
	if (keeper.monitor !== undefined) throw new AlreadyMonitoring();
	const given = unquoted(plainText(args).replace(/\s+/g, " ").trim());
	if (given === "") return 'Use: /notify-start "what you are doing"';
	// The page may have handed its token over this moment.
	await pairing.result;
	try {
		return await startAs(given, tools);
	} catch (error) {
		if (isStillActive(error)) return keeper.note ?? tokenLost;
		throw error;
	}
};

async function startAs(given: string, { keeper, login, sessionId, cwd }: CommandTools): Promise<string> {
	const isLong = given.length > maxDescription;
	const description = isLong ? `${cutText(given, maxDescription - 1)}…` : given;
	const { file } = await keeper.start(sessionId, description, cwd);
	const lines = [
		`Monitoring "${file.description}" as (${file.handle}). ${await destination(login)}`,
		`Answer from the phone: ${file.handle} and your text.`,
	];
	if (isLong) lines.push(`The description was shortened to ${maxDescription} characters.`);
	return lines.join("\n");
}

async function destination(login: CommandTools["login"]): Promise<string> {
	const { address_masked, channel, channel_title = channel } = login.read();
	const account = await login.call((token) => login.api.status(token)).catch(() => undefined);
	if (account === undefined) return `Messages go to ${address_masked} by ${channel_title}.`;
	const on = account.channels.filter(({ opted_out }) => !opted_out);
	if (on.length === 0) return "But no message can reach you: see /notify-status.";
	return `Messages go to ${on.map((each) => `${each.address_masked} by ${each.channel_title}`).join(" and ")}.`;
}

/** Without its token a session cannot be stopped from here; three heartbeats that fail to come end it. */
const tokenLost =
	"The server still monitors this session, but what this machine knew about it is gone. Try again in two minutes.";

function isStillActive(error: unknown): boolean {
	if (!(error instanceof ApiError) || error.code !== "conflict") return false;
	return typeof error.details === "object" && error.details !== null && "session_id" in error.details;
}

/** The quotes belong to the way of typing it. */
function unquoted(text: string): string {
	const quoted = /^(["'“‘])([\s\S]*)(["'”’])$/.exec(text);
	return quoted?.[2] === undefined ? text : quoted[2].trim();
}
