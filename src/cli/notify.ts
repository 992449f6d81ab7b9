import type { Told } from "../contract/tasks.ts";
import { type CliResult, cliCommand, UsageError } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";

/** Any script can ring the phone. */
export const notify = cliCommand({
	name: "notify",
	summary: "Send a text to your own channels",
	args: {
		text: { type: "positional", description: "What to say" },
		title: { type: "string", description: "What stands over it (default: this machine's name)" },
		channels: { type: "string", description: "Only these of your channels", valueHint: "A,B" },
	},
	async run({ title, channels, _: words }, { login, hostname, newId }): Promise<CliResult> {
		const text = words.join(" ");
		if (text.trim() === "") throw new UsageError('Say what to send: claude-notify notify "backup is done"');
		const only = channels
			?.split(",")
			.map((name) => name.trim().toLowerCase())
			.filter((name) => name !== "");
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
