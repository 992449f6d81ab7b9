import type { AccountStatus } from "../contract/sessions.ts";
import { reasonOf } from "../log.ts";
import type { StoredLogin } from "../state/auth.ts";
import type { Command, CommandTools } from "./tools.ts";
import { deliveryWords, when } from "./words.ts";

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
		lines.push(...channelLines(account), ...sessionLines(account, tools));
	} catch (error) {
		lines.push(`To: ${stored.address_masked} by ${stored.channel}`, reasonOf(error));
	}
	// The status may have renewed the login.
	lines.push(`Login: until ${when(expiry(tools, stored))}, renewed by itself`, `Server: ${stored.server}`);
	return lines.join("\n");
};

function monitoringLines({ keeper }: CommandTools): string[] {
	const { monitor } = keeper;
	if (monitor === undefined) {
		return ["Monitoring: inactive", ...(keeper.note === undefined ? [] : [keeper.note])];
	}
	const { description, handle, started_at } = monitor.file;
	const lines = [`Monitoring: active, "${description}" as (${handle}) since ${when(started_at)}, ${monitor.doing}`];
	if (monitor.waitingEvents > 0) lines.push(`Events that wait for the server: ${monitor.waitingEvents}`);
	if (monitor.replies.open > 0) lines.push(`Replies that Claude has not seen yet: ${monitor.replies.open}`);
	return lines;
}

function channelLines({ channels }: AccountStatus): string[] {
	return channels.map(({ channel, address_masked, simulated, opted_out, last_delivery }) => {
		const notes = [...(simulated ? ["simulated phone"] : []), ...(opted_out ? ["switched off by STOP"] : [])];
		const last = last_delivery === null ? "nothing sent yet" : `last message ${deliveryWords(last_delivery)}`;
		return `To: ${address_masked} by ${channel}${notes.map((note) => ` (${note})`).join("")}; ${last}`;
	});
}

function sessionLines({ sessions }: AccountStatus, { keeper }: CommandTools): string[] {
	const others = sessions.filter(
		(session) => session.status !== "ended" && session.session_id !== keeper.monitor?.file.session_id,
	);
	return others.map(
		({ handle, description, hostname, status }) =>
			`Also: (${handle ?? "-"}) "${description}" on ${hostname}, ${status}`,
	);
}

function expiry({ login }: CommandTools, before: StoredLogin): string {
	try {
		return login.read().expires_at;
	} catch {
		return before.expires_at;
	}
}
