import type { SessionKeeper } from "../companion/keeper.ts";
import type { AccountStatus } from "../contract/sessions.ts";
import { reasonOf } from "../log.ts";
import type { StoredLogin } from "../state/auth.ts";
import { eventWords, policyLines } from "./policy-words.ts";
import type { Command, CommandTools } from "./tools.ts";
import { channelWords, when } from "./words.ts";

/** What is monitored, where messages go, and what became of the last one. */
export const status: Command = async (_args, tools) => {
	const { login, pairing } = tools;
	const lines = monitoringLines(tools);
	if (pairing.note !== undefined) lines.push(pairing.note);
	let stored: StoredLogin;
	try {
		stored = login.read();
	} catch (error) {
		return [...lines, reasonOf(error)].join("\n");
	}
	try {
		const account = await login.call((token) => login.api.status(token));
		lines.push(...channelLines(account), ...policyLines(account), ...(await eventLines(tools)));
		lines.push(...sessionLines(account, tools));
	} catch (error) {
		lines.push(`To: ${stored.address_masked} by ${stored.channel_title ?? stored.channel}`, reasonOf(error));
	}
	// The status may have renewed the login.
	lines.push(`Login: until ${when(expiry(tools, stored))}, renewed by itself`, `Server: ${stored.server}`);
	return lines.join("\n");
};

/** How an answer from the phone gets into this session. */
const wayWords = {
	socket: "at once, through the session's own inbox",
	channel: "at once, through the channel (the session's inbox takes none)",
	rewake: "when Claude is idle, by a hook that waits for them (this session has no inbox that takes messages)",
	prompt: "after Claude's next tool call or with your next prompt (this session takes no messages)",
} as const satisfies Record<NonNullable<SessionKeeper["monitor"]>["replies"]["way"], string>;

function monitoringLines({ keeper }: CommandTools): string[] {
	const { monitor } = keeper;
	if (monitor === undefined) {
		return ["Monitoring: inactive", ...(keeper.note === undefined ? [] : [keeper.note])];
	}
	const { description, handle, started_at } = monitor.file;
	const lines = [`Monitoring: active, "${description}" as (${handle}) since ${when(started_at)}, ${monitor.doing}`];
	if (monitor.waitingEvents > 0) lines.push(`Events that wait for the server: ${monitor.waitingEvents}`);
	lines.push(`Replies: ${wayWords[monitor.replies.way]}`);
	if (monitor.replies.open > 0) lines.push(`Replies that Claude has not seen yet: ${monitor.replies.open}`);
	return lines;
}

function channelLines({ channels }: AccountStatus): string[] {
	if (channels.length === 0) return ["To: nobody. Run /notify-setup."];
	return channels.map((channel) => `To: ${channelWords(channel)}`);
}

/** What became of this session's last events; a server that does not say is no reason to say nothing at all. */
async function eventLines({ keeper, login, log }: CommandTools): Promise<string[]> {
	const file = keeper.monitor?.file;
	if (file === undefined || file.server !== login.api.server) return [];
	try {
		const { events } = await login.api.toldEvents(file, 5);
		return events.map(eventWords);
	} catch (error) {
		log.info(`the last events are not known: ${reasonOf(error)}`);
		return [];
	}
}

function sessionLines({ sessions }: AccountStatus, { keeper }: CommandTools): string[] {
	const others = sessions.filter(
		(session) => session.status !== "ended" && session.session_id !== keeper.monitor?.file.session_id,
	);
	return others.map(
		({ handle, description, hostname, status, muted_until }) =>
			`Also: (${handle ?? "-"}) "${description}" on ${hostname}, ${status}${muted_until === null ? "" : `, muted until ${when(muted_until)}`}`,
	);
}

function expiry({ login }: CommandTools, before: StoredLogin): string {
	try {
		return login.read().expires_at;
	} catch {
		return before.expires_at;
	}
}
