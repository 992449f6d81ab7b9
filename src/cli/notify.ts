import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Told } from "../contract/tasks.ts";
import type { Shown } from "../desktop/show-on-desktop.ts";
import { type CliResult, type CliTools, cliCommand, UsageError } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";

/** Any script can ring the phone, or this computer. */
export const notify = cliCommand({
	name: "notify",
	summary: "Send a text to your own channels, or show it on this computer",
	example: 'claude-notify notify --title backup "all files are there"',
	args: {
		text: { type: "positional", required: false, description: "What to say" },
		message: { type: "string", description: "The same as an option", valueHint: "TEXT" },
		title: { type: "string", description: "What stands over it (default: this machine's name)", valueHint: "TEXT" },
		channels: { type: "string", description: "Only these of your channels", valueHint: "A,B" },
		desktop: { type: "boolean", description: "Show it on this computer only: no login, no network" },
		sound: { type: "string", description: "With --desktop: a sound file to play", valueHint: "PATH" },
		group: { type: "string", description: "With --desktop: it takes the place of the last one of the group" },
	},
	async run({ message, title, channels, desktop, sound, group, _: words }, tools): Promise<CliResult> {
		const text = message ?? words.join(" ");
		if (text.trim() === "") throw new UsageError('Say what to send: claude-notify notify "backup is done"');
		if (desktop === true) return showHere({ text, title, sound, group }, tools);
		if (sound !== undefined || group !== undefined) throw new UsageError("--sound and --group go with --desktop.");
		const only = channels
			?.split(",")
			.map((name) => name.trim().toLowerCase())
			.filter((name) => name !== "");
		const { login, hostname, newId } = tools;
		const given = { id: newId(), text, hostname, ...(title === undefined ? {} : { title }) };
		const told = await login.call((token) =>
			login.api.notify(token, { ...given, ...(only === undefined ? {} : { channels: only }) }),
		);
		return { data: told, text: toldWords(told), code: told.outcome === "queued" ? exitCodes.ok : exitCodes.failed };
	},
});

function toldWords({ outcome, why, channels }: Told): string {
	if (outcome === "queued") return `On its way by ${channels.join(", ")}.${why === null ? "" : ` ${why}`}`;
	return why ?? `Nothing was sent: ${outcome}.`;
}

interface Local {
	text: string;
	title: string | undefined;
	sound: string | undefined;
	group: string | undefined;
}

const shownWords = {
	desktop: "Shown on this computer.",
	terminal: "There is no desktop here: the terminal was told.",
	nowhere: "There is neither a desktop nor a terminal here.",
} as const satisfies Record<Shown, string>;

async function showHere({ text, title, sound, group }: Local, tools: CliTools): Promise<CliResult> {
	const file = sound === undefined ? undefined : resolve(tools.cwd, sound);
	if (file !== undefined && !existsSync(file)) throw new UsageError(`There is no sound file ${file}`);
	const note = { title: title ?? tools.hostname, body: text, urgency: "normal", sound: file } as const;
	const shown = await tools.showOnDesktop({ ...note, group: group ?? tools.newId() });
	const code = shown === "nowhere" ? exitCodes.failed : exitCodes.ok;
	return { data: { shown }, text: shownWords[shown], code };
}
