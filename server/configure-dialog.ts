import { channelEntries } from "./channels/index.ts";
import type { Account, Provider, Variable } from "./channels/provider.ts";
import { checkAccount } from "./check-channels.ts";
import { type ConfigValues, readConfigFile, writeConfigFile } from "./config-file.ts";
import { merge, type Sources } from "./configuration.ts";
import type { Asker } from "./configure-terminal.ts";
import { by } from "./introduce.ts";

/** One line of the list: a channel by one of its providers. */
interface Choice {
	title: string;
	provider: Provider;
}

const choices: readonly Choice[] = channelEntries.flatMap(({ definition, providers }) =>
	providers.map((provider) => ({ title: `${definition.title}${by(definition.title, provider)}`, provider })),
);

/** Asks which channel, asks its values, tries them, and saves. `read` brings the sources as they are now. True: something was saved. */
export async function runDialog(asker: Asker, read: () => Promise<Sources>): Promise<boolean> {
	let saved = false;
	for (;;) {
		const sources = await read();
		choices.forEach((choice, index) => {
			asker.say(`  ${String(index + 1).padStart(2)}  ${choice.title.padEnd(22)} ${stateOf(choice.provider, sources)}`);
		});
		const answer = await asker.ask("Number of a channel, or Enter to finish: ");
		if (answer === undefined || answer === "") return saved;
		const choice = /^\d{1,2}$/.test(answer) ? choices[Number(answer) - 1] : undefined;
		if (choice === undefined) asker.say(`There is no number like that; 1 to ${choices.length} are.`);
		else if (await change(asker, choice, sources)) saved = true;
		asker.say("");
	}
}

function stateOf(provider: Provider, sources: Sources): string {
	const { problems, account } = provider.configure(merge(sources));
	if (account !== undefined) return `on (${whereFrom(provider, sources)})`;
	return problems.length === 0 ? "off" : `not usable: ${problems.join("; ")}`;
}

/** Where the account's name or token stands; the other variables may stand elsewhere. */
function whereFrom({ variables }: Provider, { environment, config }: Sources): string {
	const name = variables.find(({ required }) => required)?.name ?? "";
	if (environment[name] !== undefined) return "from the environment";
	return config.values?.[name] === undefined ? "from .env" : "saved here";
}

async function change(asker: Asker, choice: Choice, sources: Sources): Promise<boolean> {
	const { provider } = choice;
	asker.say("");
	asker.say(`${choice.title}: docs/channels.md says where each value comes from.`);
	if (provider.variables.some(({ name }) => sources.config.values?.[name] !== undefined)) {
		const wish = await asker.ask("New values (n), switch off (o), or Enter to leave it: ");
		if (wish === "o") return await switchOff(asker, provider, sources);
		if (wish !== "n") return false;
	}
	const entered = await askValues(asker, provider, merge(sources));
	return entered !== undefined && (await tryAndSave(asker, provider, sources, entered));
}

/** Undefined: the person went back. */
async function askValues(asker: Asker, provider: Provider, present: ConfigValues): Promise<ConfigValues | undefined> {
	const entered: Record<string, string> = {};
	for (const variable of provider.variables) {
		if (variable.name.endsWith("_BASE_URL")) continue;
		const value = await askValue(asker, provider, variable, present[variable.name] !== undefined);
		if (value === "back") return undefined;
		if (value !== "as it is") entered[variable.name] = value.given;
	}
	return entered;
}

type Answer = { given: string } | "as it is" | "back";

async function askValue(asker: Asker, provider: Provider, variable: Variable, isThere: boolean): Promise<Answer> {
	const { name, about, required, secret } = variable;
	const enter = isThere ? "Enter keeps it" : required ? "Enter goes back" : "optional, Enter leaves it out";
	asker.say(`  ${about} (${enter}${secret ? "; not shown while you type" : ""})`);
	for (;;) {
		const value = await asker.ask(`  ${name}: `, { secret });
		if (value === undefined) return "back";
		if (value === "") return required && !isThere ? "back" : "as it is";
		const problem = provider.checkValue(name, value);
		if (problem === undefined) return { given: value };
		asker.say(`  ${name}: ${problem}. Once more:`);
	}
}

async function tryAndSave(asker: Asker, provider: Provider, sources: Sources, entered: ConfigValues): Promise<boolean> {
	const { problems, account } = provider.configure({ ...merge(sources), ...entered });
	const problem = account === undefined ? problems.join("\n") : await tried(asker, provider, account);
	if (problem !== undefined) {
		asker.say(problem === "" ? "Nothing to save." : `${problem}.\nNothing was saved.`);
		return false;
	}
	await save(asker, sources, (values) => ({ ...values, ...entered }));
	for (const name of Object.keys(entered)) {
		if (sources.environment[name] !== undefined) asker.say(`${name} is in the environment too, and that one counts.`);
	}
	return true;
}

function tried(asker: Asker, provider: Provider, account: Account): Promise<string | undefined> {
	asker.say(`Asking ${provider.title}…`);
	return checkAccount({ ...account, provider });
}

async function switchOff(asker: Asker, provider: Provider, sources: Sources): Promise<boolean> {
	const own = new Set(provider.variables.map(({ name }) => name));
	await save(asker, sources, (values) => Object.fromEntries(Object.entries(values).filter(([name]) => !own.has(name))));
	const { environment, legacy } = sources;
	const left = [...own].filter((name) => (environment[name] ?? legacy[name]) !== undefined);
	if (left.length > 0) asker.say(`Still set in the environment or in .env: ${left.join(", ")}.`);
	return true;
}

/** Changes what stands in the file now, so that what another wizard or an editor wrote meanwhile stays. */
async function save(asker: Asker, { config }: Sources, edit: (values: ConfigValues) => ConfigValues): Promise<void> {
	await writeConfigFile(config.place, edit((await readConfigFile(config.place)) ?? {}));
	asker.say(`Saved in ${config.place.path}, which only you can read.`);
}
