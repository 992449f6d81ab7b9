import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { isVariable } from "./env.ts";

/** Variables by name, as `config.json` holds them. */
export type ConfigValues = Readonly<Record<string, string>>;

const stored = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));

export interface ConfigPlace {
	path: string;
	/** It stands in DATA_DIR, which is for this server alone, and not in a folder that may be the system's. */
	ours: boolean;
}

/** Undefined when there is no file. Throws one that others could read or that cannot be understood; no error holds a value. */
export async function readConfigFile(place: ConfigPlace): Promise<ConfigValues | undefined> {
	const { path } = place;
	const content = await readIfThere(path);
	if (content === undefined) return undefined;
	if (await isOpenToOthers(path)) {
		throw new Error(
			`${path}: others on this machine can read it, and it holds secrets. Cure: chmod 600 ${quoted(path)}`,
		);
	}
	await refuseOpenFolder(place);
	const parsed = stored.safeParse(jsonOf(content, path));
	if (!parsed.success) throw new Error(`${path}: must be one JSON object of variables, like {"PORT": "8787"}`);
	const unknown = Object.keys(parsed.data).filter((name) => !isVariable(name));
	if (unknown.length > 0) throw new Error(`${path}: the server has no variable ${unknown.join(", ")}`);
	return parsed.data;
}

/** In one step, and for its owner only: a reader sees the old values or the new ones, also after a kill. */
export async function writeConfigFile(place: ConfigPlace, values: ConfigValues): Promise<void> {
	const { path, ours } = place;
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	if (ours) await chmod(dirname(path), 0o700);
	await refuseOpenFolder(place);
	const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
	try {
		const file = await open(draft, "wx", 0o600);
		try {
			await file.writeFile(`${JSON.stringify(values, null, "\t")}\n`);
			await file.sync();
		} finally {
			await file.close();
		}
		await rename(draft, path);
	} finally {
		await rm(draft, { force: true });
	}
}

export async function readIfThere(path: string): Promise<string | undefined> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		const code = error instanceof Error && "code" in error ? error.code : undefined;
		if (code === "ENOENT" || code === "ENOTDIR") return undefined;
		throw new Error(`${path}: cannot be read (${String(code)})`);
	}
}

/** Whether others than the owner may read the file; Windows keeps rights elsewhere. */
export async function isOpenToOthers(path: string): Promise<boolean> {
	return process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0;
}

/** Who may write to a folder may replace the files in it, unless it is sticky as /tmp is. Our own is closed altogether. */
async function refuseOpenFolder({ path, ours }: ConfigPlace): Promise<void> {
	if (process.platform === "win32") return;
	const folder = dirname(path);
	const { mode } = await stat(folder);
	if (ours && (mode & 0o077) !== 0) {
		throw new Error(`${folder}: others on this machine can look into it. Cure: chmod 700 ${quoted(folder)}`);
	}
	if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) {
		throw new Error(`${folder}: others on this machine can put another file there. Cure: chmod go-w ${quoted(folder)}`);
	}
}

function quoted(path: string): string {
	return /^[\w./~+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** The parser's own message is left out but for the line: it quotes what it read. */
function jsonOf(content: string, path: string): unknown {
	try {
		return JSON.parse(content);
	} catch (error) {
		const line = /\(line (\d+) column/.exec(error instanceof Error ? error.message : "")?.[1];
		throw new Error(`${path}: is no JSON${line === undefined ? "" : ` (line ${line})`}`);
	}
}
