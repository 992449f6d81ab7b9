import type { EventEmitter } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Client as NeonClient, Pool as NeonPool, neonConfig } from "@neondatabase/serverless";
import { type SQL, sql } from "drizzle-orm";
import { drizzle as drizzleNeon } from "drizzle-orm/neon-serverless";
import { migrate as migrateNeon } from "drizzle-orm/neon-serverless/migrator";
import { drizzle as drizzleNode } from "drizzle-orm/node-postgres";
import { migrate as migrateNode } from "drizzle-orm/node-postgres/migrator";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import pg from "pg";
import type { z } from "zod";
import { lockFolder } from "./folder-lock.ts";
import { type Address, orSayWhy } from "./open-problem.ts";
import { isPooled } from "./pooled-url.ts";
import { preparing } from "./prepared.ts";
import * as schema from "./schema.ts";
import { takeTurns } from "./take-turns.ts";

/** PostgreSQL, Neon and PGlite alike: no query of ours depends on the driver. */
export type Db = PgDatabase<PgQueryResultHKT, typeof schema>;

/** One open database. `close` ends its connections and gives back the folder's lock. */
export interface Database {
	kind: "postgres" | "neon" | "pglite";
	db: Db;
	/** The same database by a way of its own: the outbox does not stand in the queue of the requests. */
	outboxDb: Db;
	close(): Promise<void>;
}

export interface DatabaseOptions {
	/** A postgres:// URL; without one the embedded PGlite is opened in `dataDir`. */
	url: string | undefined;
	/** The same database past a pooler, for what a pooler cannot do. */
	directUrl?: string | undefined;
	dataDir: string;
	migrationsFolder: string;
	onError(error: Error): void;
}

const casing = "snake_case";
const patience = { connectionTimeoutMillis: 5000 };
/** A query without an answer for so long is on a connection that died without a word: none of ours takes a second. */
const poolOptions = { ...patience, query_timeout: 8000, keepAlive: true, keepAliveInitialDelayMillis: 10_000 };
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
	const [db, outboxDb] = takeTurns(client, 2).map((lane) => drizzle(lane, { schema, casing }));
	if (db === undefined || outboxDb === undefined) throw new Error("PGlite has too few lanes.");
	await migrate(db, { migrationsFolder: options.migrationsFolder });
	return {
		kind: "pglite",
		db,
		outboxDb,
		async close() {
			await client.close();
			await lock.release();
		},
	};
}

async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
	const { directUrl, onError } = options;
	const { direct, given } = addressesOf(url, options);
	const client = new pg.Client({ connectionString: direct.url, ...patience });
	const own = drizzleNode(client, { schema, casing });
	await orSayWhy(direct, () => migrateAlone({ client, own, options }, () => migrateNode(own, options)));
	const keepsNames = directUrl === undefined && !isPooled(url);
	const open = (max: number, setting?: string) => {
		const onConnect = keepsNames ? preparing(onError, setting) : () => undefined;
		const pool = new pg.Pool({ connectionString: url, ...poolOptions, max, onConnect });
		survive(pool, options);
		return { db: drizzleNode(pool, { schema, casing }), close: () => pool.end() };
	};
	return answering(given, { kind: "postgres", ...twoWays(open) });
}

async function openNeon(url: string, options: DatabaseOptions): Promise<Database> {
	neonConfig.webSocketConstructor = WebSocket;
	const { direct, given } = addressesOf(url, options);
	const client = new NeonClient({ connectionString: direct.url, ...patience });
	const own = drizzleNeon(client, { schema, casing });
	await orSayWhy(direct, () => migrateAlone({ client, own, options }, () => migrateNeon(own, options)));
	const open = (max: number) => {
		const pool = new NeonPool({ connectionString: url, ...poolOptions, max });
		survive(pool, options);
		return { db: drizzleNeon(pool, { schema, casing }), close: () => pool.end() };
	};
	return answering(given, { kind: "neon", ...twoWays(open) });
}

/** The outbox has few statements, all by key or due time: planned once, since that takes longer than running them, and whatever the size of a young table. */
const plansOfOutbox = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off";

/** Connections for the requests, and some for the outbox. */
function twoWays(open: (max: number, setting?: string) => Pick<Database, "db" | "close">): Omit<Database, "kind"> {
	const [requests, outbox] = [open(10), open(3, plansOfOutbox)];
	return {
		db: requests.db,
		outboxDb: outbox.db,
		close: async () => void (await Promise.all([requests.close(), outbox.close()])),
	};
}

function addressesOf(url: string, { directUrl }: DatabaseOptions): { direct: Address; given: Address } {
	const given: Address = { variable: "DATABASE_URL", url };
	return { given, direct: directUrl === undefined ? given : { variable: "DATABASE_DIRECT_URL", url: directUrl } };
}

/** The database once its own address has answered too: migrations may have gone past it. */
async function answering(given: Address, database: Database): Promise<Database> {
	try {
		await orSayWhy(given, () => database.db.execute(sql`select 1`));
		return database;
	} catch (error) {
		await database.close();
		throw error;
	}
}

interface Migrating {
	client: pg.Client | NeonClient;
	/** Over that client alone. */
	own: Db;
	options: DatabaseOptions;
}

/** Any number of servers may start at once; the first migrates. On a connection of its own, since that may take its time. */
async function migrateAlone({ client, own, options }: Migrating, migrate: () => Promise<void>): Promise<void> {
	client.on("error", options.onError);
	await client.connect();
	try {
		// Through a pooler only a transaction stays on one connection. The migrator's own begin changes nothing then, and its commit ends this one.
		await own.execute(sql`begin`);
		await own.execute(sql`select pg_advisory_xact_lock(${migrationLock})`);
		await migrate();
	} finally {
		await client.end();
	}
}

/** A database that goes away takes its connections along, not the process; the pool makes new ones. */
function survive(pool: EventEmitter, options: DatabaseOptions): void {
	pool.on("error", options.onError);
	// Without a listener an error between two statements of a transaction would end the process; the next statement tells of it.
	pool.on("connect", (client: EventEmitter) => client.on("error", () => undefined));
	pool.on("release", (_error: unknown, client: pg.ClientBase & Pick<pg.Client, "end">) => {
		if (isWaiting(client)) void client.end().catch(() => undefined);
	});
}

/** True for a client that has sent a query and has had no answer: it timed out on a connection that is half open, and is of no more use. */
function isWaiting(client: pg.ClientBase): boolean {
	return "readyForQuery" in client && client.readyForQuery === false;
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
