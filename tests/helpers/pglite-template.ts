import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { glob, mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { openDatabase } from "../../server/db/client.ts";

const root = resolve(import.meta.dirname, "../..");
const migrationsFolder = join(root, "server/db/migrations");

let made: Promise<string> | undefined;

/** A closed embedded database with all migrations: to make one takes seconds of a core, to copy it a tenth of that. */
export function pgliteTemplate(): Promise<string> {
	made ??= make();
	return made;
}

async function make(): Promise<string> {
	const hash = createHash("sha256").update(
		await readFile(join(root, "node_modules/@electric-sql/pglite/package.json")),
	);
	const paths: string[] = [];
	for await (const path of glob("**/*", { cwd: migrationsFolder })) paths.push(path);
	for (const path of paths.sort()) {
		if (/\.(sql|json)$/.test(path)) hash.update(path).update(await readFile(join(migrationsFolder, path)));
	}
	const folder = join(root, "node_modules/.cache/claude-notify/pglite", hash.digest("hex").slice(0, 16));
	if (existsSync(folder)) return folder;
	await mkdir(dirname(folder), { recursive: true });
	const draft = `${folder}.${randomBytes(6).toString("hex")}`;
	const onError = (error: Error) => process.stderr.write(`template: ${error.message}\n`);
	const database = await openDatabase({ url: undefined, dataDir: draft, migrationsFolder, onError });
	await database.close();
	// Several workers may make one at the same time: the first has it.
	await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }));
	return folder;
}
