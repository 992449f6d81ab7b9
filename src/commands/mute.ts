import { readDuration } from "../contract/duration.ts";
import type { Command } from "./tools.ts";
import { when } from "./words.ts";

const usage = "Use: /notify-mute 2h, /notify-mute off, /notify-mute session 30m, /notify-mute session off";
const usual = "1h";
const longest = 7 * 86_400;

/** Nothing is sent for a while, of all sessions or of this one. */
export const mute: Command = async (args, { login, keeper }) => {
	const [, session, rest = ""] = /^(session\b)?\s*([\s\S]*)$/i.exec(args.trim()) ?? [];
	const time = rest.trim() === "" ? usual : rest.trim().toLowerCase();
	const seconds = time === "off" ? 0 : readDuration(time);
	if (seconds === undefined) return usage;
	if (seconds > longest) return "The longest mute is 7 days.";
	const own = session === undefined ? undefined : keeper.monitor?.file;
	if (session !== undefined && own === undefined) return "This session is not monitored. Run /notify-start first.";
	const wish = own === undefined ? { seconds } : { seconds, session_id: own.session_id };
	const { muted_until } = await login.call((token) => login.api.mute(token, wish));
	const what = own === undefined ? "Everything" : `(${own.handle}) "${own.description}"`;
	if (muted_until === null) {
		const whatNot = own === undefined ? "Nothing is muted any more" : `${what} is no longer muted`;
		return `${whatNot}. What was missed is told in a moment.`;
	}
	const end = `/notify-mute ${own === undefined ? "" : "session "}off`;
	return `${what} is muted until ${when(muted_until)}. What happens is told then, in one message. To end it: ${end}`;
};
