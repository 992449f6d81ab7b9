import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { glob, mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import pg from "pg";
import { openDatabase } from "../../server/db/client.ts";

const root = resolve(import.meta.dirname, "../..");
export const migrationsFolder = join(root, "server/db/migrations");
export const postgresUrl = process.env["TEST_DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres";

const onError = (error: Error) => process.stderr.write(`template: ${error.message}\n`);
const made: { pglite?: Promise<string>; postgres?: Promise<string> } = {};

/** The folder of a closed embedded database with all migrations: to make one takes seconds of a core, to copy it a tenth of that. */
export function pgliteTemplate(): Promise<string> {
	made.pglite ??= makePglite();
	return made.pglite;
}

/** The name of a database with all migrations that nobody is connected to: what is made from it has them too. */
export function postgresTemplate(): Promise<string> {
	made.postgres ??= makePostgres();
	return made.postgres;
}

async function makePglite(): Promise<string> {
	const engine = await readFile(join(root, "node_modules/@electric-sql/pglite/package.json"));
	const folder = join(root, "node_modules/.cache/claude-notify/pglite", await hashOfMigrations(engine));
	if (existsSync(folder)) return folder;
	await mkdir(dirname(folder), { recursive: true });
	const draft = `${folder}.${randomBytes(6).toString("hex")}`;
	const database = await openDatabase({ url: undefined, dataDir: draft, migrationsFolder, onError });
	await database.close();
	// Several workers may make one at the same time: the first has it.
	await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }));
	return folder;
}

async function makePostgres(): Promise<string> {
	const name = `claude_notify_template_${await hashOfMigrations()}`;
	await administer(async (client) => {
		await client.query("select pg_advisory_lock(hashtext('claude-notify tests'))");
		const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
		if (rowCount !== 0) return;
		// A run that was killed may have left one.
		await client.query(`drop database if exists ${name}_draft with (force)`);
		await client.query(`create database ${name}_draft`);
		const url = new URL(postgresUrl);
		url.pathname = `/${name}_draft`;
		const database = await openDatabase({ url: url.href, dataDir: "", migrationsFolder, onError });
		await database.close();
		await client.query(`alter database ${name}_draft rename to ${name}`);
	});
	return name;
}

/** With a connection to the server's own database, which is closed at the end. */
export async function administer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
	const client = new pg.Client({ connectionString: postgresUrl, connectionTimeoutMillis: 5000 });
	await client.connect();
	try {
		return await work(client);
	} finally {
		await client.end();
	}
}

async function hashOfMigrations(engine = Buffer.alloc(0)): Promise<string> {
	const hash = createHash("sha256").update(engine);
	const paths: string[] = [];
	for await (const path of glob("**/*", { cwd: migrationsFolder })) paths.push(path);
	for (const path of paths.sort()) {
		if (/\.(sql|json)$/.test(path)) hash.update(path).update(await readFile(join(migrationsFolder, path)));
	}
	return hash.digest("hex").slice(0, 16);
}
