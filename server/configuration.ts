import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { Source } from "./channels/provider.ts";
import { type ConfigPlace, type ConfigValues, isOpenToOthers, readConfigFile, readIfThere } from "./config-file.ts";
import { isVariable } from "./env.ts";

/** Where the server's variables come from, strongest first. */
export interface Sources {
	/** With what `<NAME>_FILE` points to. */
	environment: ConfigValues;
	/** `config.json`; undefined values where there is none. */
	config: { place: ConfigPlace; values: ConfigValues | undefined };
	/** `.env` in the working directory; what in there is not ours is left out. */
	legacy: ConfigValues;
	/** Sentences for whoever starts the server. */
	warnings: string[];
}

/** Every source, unmixed. Throws for a file that is there and cannot be used; no error holds a value. */
export async function readSources(environment: Source, folder: string): Promise<Sources> {
	const warnings: string[] = [];
	const given = await withSecretFiles(notEmpty(environment), folder);
	const legacy = await readLegacy(join(folder, ".env"), warnings);
	const place = placeOf(given, legacy, folder);
	return { environment: given, config: { place, values: await readConfigFile(place) }, legacy, warnings };
}

/** What the server starts with. */
export async function readConfiguration(
	environment: Source,
	folder: string,
): Promise<{ given: ConfigValues; warnings: string[] }> {
	const sources = await readSources(environment, folder);
	const { place, values } = sources.config;
	if (!place.ours && values === undefined) {
		throw new Error(`CLAUDE_NOTIFY_CONFIG: there is no file ${place.path} (npm run configure makes one)`);
	}
	return { given: merge(sources), warnings: sources.warnings };
}

/** One value for each variable: the environment's, else the config file's, else the one of `.env`. */
export function merge({ environment, config, legacy }: Sources): ConfigValues {
	return { ...legacy, ...config.values, ...environment };
}

function placeOf(environment: ConfigValues, legacy: ConfigValues, folder: string): ConfigPlace {
	const named = environment["CLAUDE_NOTIFY_CONFIG"];
	if (named !== undefined) return { path: resolve(folder, named), ours: false };
	const dataDir = environment["DATA_DIR"] ?? legacy["DATA_DIR"] ?? ".data";
	return { path: resolve(folder, dataDir, "config.json"), ours: true };
}

/** An empty variable is how compose files and shells say "not set". */
function notEmpty(source: Source): ConfigValues {
	return Object.fromEntries(
		Object.entries(source).flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value]])),
	);
}

/** `TELEGRAM_BOT_TOKEN_FILE=/run/secrets/telegram`: how containers hand over what must not stand in an environment. */
async function withSecretFiles(environment: ConfigValues, folder: string): Promise<ConfigValues> {
	const values: Record<string, string> = { ...environment };
	for (const [variable, path] of Object.entries(environment)) {
		const name = variable.replace(/_FILE$/, "");
		if (name === variable || !isVariable(name)) continue;
		if (environment[name] !== undefined) throw new Error(`${variable}: ${name} is set too; only one of them can count`);
		const content = await readIfThere(resolve(folder, path));
		if (content === undefined) throw new Error(`${variable}: there is no file ${path}`);
		values[name] = content.replace(/\r?\n$/, "");
	}
	return values;
}

async function readLegacy(path: string, warnings: string[]): Promise<ConfigValues> {
	const content = await readIfThere(path);
	if (content === undefined) return {};
	const ours = Object.entries(notEmpty(parseEnv(content))).filter(([name]) => isVariable(name));
	if (ours.length > 0 && (await isOpenToOthers(path))) {
		warnings.push(`${path}: others on this machine can read it. Cure: chmod 600 .env, or npm run configure`);
	}
	return Object.fromEntries(ours);
}
