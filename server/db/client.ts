import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Pool as NeonPool, neonConfig } from "@neondatabase/serverless";
import { type SQL, sql } from "drizzle-orm";
import { drizzle as drizzleNeon } from "drizzle-orm/neon-serverless";
import { migrate as migrateNeon } from "drizzle-orm/neon-serverless/migrator";
import { drizzle as drizzleNode } from "drizzle-orm/node-postgres";
import { migrate as migrateNode } from "drizzle-orm/node-postgres/migrator";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import pg from "pg";
import type { z } from "zod";
import { lockFolder } from "./folder-lock.ts";
import * as schema from "./schema.ts";

/** PostgreSQL, Neon and PGlite alike: no query of ours depends on the driver. */
export type Db = PgDatabase<PgQueryResultHKT, typeof schema>;

/** One open database. `close` ends its connections and gives back the folder's lock. */
export interface Database {
	kind: "postgres" | "neon" | "pglite";
	db: Db;
	close(): Promise<void>;
}

export interface DatabaseOptions {
	/** A postgres:// URL; without one the embedded PGlite is opened in `dataDir`. */
	url: string | undefined;
	dataDir: string;
	migrationsFolder: string;
	onError(error: Error): void;
}

const casing = "snake_case";
/** Any constant will do, as long as every instance takes the same one. */
const migrationLock = 7_261_401;

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
	if (options.url === undefined) return openPglite(options);
	return new URL(options.url).hostname.endsWith(".neon.tech")
		? openNeon(options.url, options)
		: openPostgres(options.url, options);
}

async function openPglite(options: DatabaseOptions): Promise<Database> {
	// Loaded only when used: it is 40 MB of WebAssembly.
	const [{ PGlite }, { drizzle }, { migrate }] = await Promise.all([
		import("@electric-sql/pglite"),
		import("drizzle-orm/pglite"),
		import("drizzle-orm/pglite/migrator"),
	]);
	const folder = join(options.dataDir, "pglite");
	await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
	const lock = await lockFolder(folder);
	const client = await PGlite.create(folder);
	const db = drizzle(client, { schema, casing });
	await migrate(db, { migrationsFolder: options.migrationsFolder });
	return {
		kind: "pglite",
		db,
		async close() {
			await client.close();
			await lock.release();
		},
	};
}

async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
	const pool = new pg.Pool({
		connectionString: url,
		max: 10,
		connectionTimeoutMillis: 5000,
	});
	pool.on("error", options.onError);
	const db = drizzleNode(pool, { schema, casing });
	const client = await pool.connect();
	try {
		await client.query("select pg_advisory_lock($1)", [migrationLock]);
		await migrateNode(drizzleNode(client, { schema, casing }), options);
		await client.query("select pg_advisory_unlock($1)", [migrationLock]);
	} finally {
		client.release();
	}
	return { kind: "postgres", db, close: () => pool.end() };
}

async function openNeon(url: string, options: DatabaseOptions): Promise<Database> {
	neonConfig.webSocketConstructor = WebSocket;
	const pool = new NeonPool({ connectionString: url, max: 10 });
	pool.on("error", options.onError);
	const db = drizzleNeon(pool, { schema, casing });
	const client = await pool.connect();
	try {
		await client.query("select pg_advisory_lock($1)", [migrationLock]);
		await migrateNeon(drizzleNeon(client, { schema, casing }), options);
		await client.query("select pg_advisory_unlock($1)", [migrationLock]);
	} finally {
		client.release();
	}
	return { kind: "neon", db, close: () => pool.end() };
}

/** Runs one statement and checks its rows: raw SQL has no types, and drivers differ in how they give instants and counts. */
export async function rowsOf<T extends z.ZodType>(
	db: Pick<Db, "execute">,
	row: T,
	statement: SQL,
): Promise<z.infer<T>[]> {
	const result = (await db.execute(statement)) as unknown as {
		rows: unknown[];
	};
	return result.rows.map((value) => row.parse(value));
}

/** True when the database answers; for /readyz. */
export async function databaseAnswers(db: Db): Promise<boolean> {
	return db.execute(sql`select 1`).then(
		() => true,
		() => false,
	);
}
