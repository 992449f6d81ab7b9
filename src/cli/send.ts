import { ServerUnreachable } from "../api-errors.ts";
import type { AccountStatus } from "../contract/sessions.ts";
import { CliFailure, type CliTools, cliCommand, UsageError } from "./command.ts";

type Session = AccountStatus["sessions"][number];

/** A text into a running session, as if it came from the phone; the server checks it in the same way. */
export const send = cliCommand({
	name: "send",
	summary: "Send a text into one of your running sessions",
	example: 'claude-notify send b "run the tests again"',
	args: {
		session: { type: "positional", description: "Its letter or id (see claude-notify sessions)" },
		text: { type: "positional", description: "What to send" },
	},
	async run({ _: [wanted = "", ...words] }, tools) {
		const text = words.join(" ");
		if (text.trim() === "") throw new UsageError('Say what to send: claude-notify send b "run the tests again"');
		const { login } = tools;
		const account = await login.call((token) => login.api.status(token));
		const { session_id, handle, description } = sessionOf(account, wanted);
		const queued = await queue(session_id, text, tools);
		const name = handle === null ? `"${description}"` : `(${handle}) "${description}"`;
		return { data: { ...queued, handle }, text: `On its way into ${name}.` };
	},
});

function sessionOf({ sessions }: AccountStatus, wanted: string): Session {
	const name = wanted.replace(/^@|:$/g, "").toLowerCase();
	const open = sessions.filter(({ status }) => status !== "ended");
	const found = open.find(({ handle, session_id }) => handle?.toLowerCase() === name || session_id === name);
	if (found !== undefined) return found;
	const names = open.map(({ handle, description }) => `${handle ?? "-"} "${description}"`).join(", ");
	const list = names === "" ? "None is monitored now." : `There are: ${names}.`;
	throw new CliFailure("session_not_found", `No running session of yours is called ${wanted}. ${list}`);
}

/** Tried twice under one key, so that an answer that was lost does not send the text twice. */
async function queue(sessionId: string, text: string, { login, newId }: CliTools) {
	const { mobile_reply_token } = await login.call((token) => login.api.replyToken(token, sessionId));
	const key = newId();
	const post = () => login.api.sendCommand(mobile_reply_token, { session_id: sessionId, command: text }, key);
	try {
		return await post();
	} catch (error) {
		if (!(error instanceof ServerUnreachable)) throw error;
		return post();
	}
}
