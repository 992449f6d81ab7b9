import type { ReadStream, WriteStream } from "node:tty";
import { channelEntries } from "./channels/index.ts";
import type { Source } from "./channels/provider.ts";
import { readSources } from "./configuration.ts";
import { runDialog } from "./configure-dialog.ts";
import { openAsker } from "./configure-terminal.ts";
import { by } from "./introduce.ts";

export interface ConfigureOptions {
	args: readonly string[];
	environment: Source;
	/** The working directory. */
	folder: string;
	input: ReadStream;
	output: WriteStream;
	error: WriteStream;
}

const usage = `npm run configure: sets up the channels of this server, question by question

Each value is checked, and the account is tried where its provider lets one, before anything is saved.
What is good is kept in config.json in DATA_DIR (.data), or in the file that CLAUDE_NOTIFY_CONFIG names;
only you can read it. A variable of the environment counts before that file, and that file before .env.`;

const noTerminal = "npm run configure asks questions, and there is no terminal here. Set variables instead:";
const noValues =
	"npm run configure takes no values: whatever stands on a command line can be seen by others and stays in the shell's history.";

/** The wizard. Returns the exit code: 2 where it cannot ask. */
export async function configure(options: ConfigureOptions): Promise<number> {
	const { args, environment, folder, input, output, error } = options;
	if (args.length === 1 && /^(--help|-h)$/.test(args[0] ?? "")) {
		output.write(`${usage}\n\n${variables()}\n`);
		return 0;
	}
	if (args.length > 0) {
		error.write(`${noValues}\n`);
		return 2;
	}
	if (!input.isTTY || !output.isTTY) {
		error.write(`${noTerminal}\n\n${variables()}\n`);
		return 2;
	}
	// What cannot be used is said before the first question.
	await readSources(environment, folder);
	using asker = openAsker(input, output);
	const saved = await runDialog(asker, () => readSources(environment, folder));
	asker.say(saved ? "Start the server again (npm start): it reads its configuration once." : "Nothing was changed.");
	return 0;
}

function variables(): string {
	return channelEntries
		.flatMap(({ definition, providers }) =>
			providers.map((provider) => {
				const lines = provider.variables.map(
					({ name, about, required }) => `  ${name.padEnd(24)}${about}${required ? "" : " (optional)"}`,
				);
				return [`${definition.title}${by(definition.title, provider)}`, ...lines].join("\n");
			}),
		)
		.join("\n\n");
}
