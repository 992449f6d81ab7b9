import { randomBytes } from "node:crypto";
import { cp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Database, type Db, openDatabase, rowsOf } from "../../server/db/client.ts";
import { administer, migrationsFolder, pgliteTemplate, postgresTemplate, postgresUrl } from "./database-templates.ts";

/** A database of one test file's own, gone with `close`. `url` is undefined for PGlite. */
export interface TestDatabase extends Database {
	url: string | undefined;
	dataDir: string;
}

/** The two databases that every integration case runs on. */
export const databases = [
	{ name: "PGlite", open: openTestPglite },
	{ name: "PostgreSQL", open: openTestPostgres },
] as const;

function failOnError(error: Error): void {
	// A terminated idle connection is what some tests provoke; anything else is worth seeing.
	if (!/terminat/.test(error.message)) process.stderr.write(`database: ${error.message}\n`);
}

function freshFolder(): string {
	return join(tmpdir(), `claude-notify-${randomBytes(6).toString("hex")}`);
}

async function openTestPglite(): Promise<TestDatabase> {
	const dataDir = freshFolder();
	await cp(await pgliteTemplate(), dataDir, { recursive: true });
	const database = await openDatabase({ url: undefined, dataDir, migrationsFolder, onError: failOnError });
	return {
		...database,
		url: undefined,
		dataDir,
		async close() {
			await database.close();
			await rm(dataDir, { recursive: true, force: true });
		},
	};
}

async function openTestPostgres(): Promise<TestDatabase> {
	const name = `claude_notify_${randomBytes(6).toString("hex")}`;
	const template = await postgresTemplate();
	await administer((client) => client.query(`create database ${name} template ${template}`));
	const url = new URL(postgresUrl);
	url.pathname = `/${name}`;
	const dataDir = freshFolder();
	const database = await openDatabase({ url: url.href, dataDir, migrationsFolder, onError: failOnError });
	return {
		...database,
		url: url.href,
		dataDir,
		async close() {
			await database.close();
			await administer((client) => client.query(`drop database if exists ${name} with (force)`));
			await rm(dataDir, { recursive: true, force: true });
		},
	};
}

const instantColumn = z.object({ table_name: z.string(), column_name: z.string() });

/** Makes `interval` pass: every stored instant moves back by it, so that the database's own clock decides as it does in production. */
export async function travel(db: Db, interval: string): Promise<void> {
	const columns = await rowsOf(
		db,
		instantColumn,
		sql`select table_name, column_name from information_schema.columns
			where table_schema = 'public' and data_type = 'timestamp with time zone'`,
	);
	const byTable = Map.groupBy(columns, (column) => column.table_name);
	for (const [table, members] of byTable) {
		const moves = members.map(({ column_name }) => {
			const column = sql.identifier(column_name);
			return sql`${column} = ${column} - ${interval}::interval`;
		});
		await db.execute(sql`update ${sql.identifier(table)} set ${sql.join(moves, sql`, `)}`);
	}
}
