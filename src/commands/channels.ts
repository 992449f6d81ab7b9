import type { UserChannel } from "../contract/sessions.ts";
import type { Command } from "./tools.ts";
import { channelWords } from "./words.ts";

const usage = "Use: /notify-channels first telegram, /notify-channels remove sms (a name, or the number in the list)";

/** The user's channels: shows them, puts one first, takes one away. */
export const channels: Command = async (args, { login }) => {
	const [verb = "", ...rest] = args.trim().split(/\s+/);
	const wanted = rest.join(" ").toLowerCase();
	if (verb !== "" && (!["first", "remove"].includes(verb) || wanted === "")) return usage;
	const { channels: all } = await login.call((token) => login.api.status(token));
	if (verb === "") return listed(all);
	const found = find(all, wanted);
	if (typeof found === "string") return found;
	if (verb === "first") {
		const ids = [found, ...all.filter((each) => each !== found)].map(({ id }) => id);
		return listed((await login.call((token) => login.api.orderChannels(token, ids))).channels);
	}
	const left = await login.call((token) => login.api.removeChannel(token, found.id));
	return `Removed ${found.address_masked} by ${found.channel_title}: nothing more is sent there, and answers from there are ignored.\n${listed(left.channels)}`;
};

function listed(all: UserChannel[]): string {
	if (all.length === 0) return "There is no channel. Run /notify-setup.";
	const lines = all.map((channel, index) => `${index + 1}. ${channelWords(channel)}`);
	const next =
		all.length === 1
			? "Add another one with /notify-setup telegram, or /notify-setup and a number or an e-mail address."
			: `Messages go to each of them; the order is your preference.\n${usage}`;
	return [...lines, next].join("\n");
}

/** By name, by number in the list, or by the address as it is shown; else what to say instead. */
function find(all: UserChannel[], wanted: string): UserChannel | string {
	const numbered = /^\d{1,2}\.?$/.test(wanted) ? all[Number.parseInt(wanted, 10) - 1] : undefined;
	if (numbered !== undefined) return numbered;
	const named = all.filter(({ channel, channel_title, address_masked }) =>
		[channel, channel_title, address_masked].some((name) => name.toLowerCase() === wanted),
	);
	const [only, second] = named;
	if (only === undefined) return `There is no ${wanted} among your channels:\n${listed(all)}`;
	return second === undefined ? only : `Say by its number which ${wanted} you mean:\n${listed(all)}`;
}
