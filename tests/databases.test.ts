import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eq, sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { type DatabaseOptions, databaseAnswers, openDatabase, rowsOf } from "../server/db/client.ts";
import { identities, users } from "../server/db/schema.ts";
import { databases } from "./helpers/database.ts";
import { openTestNeon } from "./helpers/neon-database.ts";

const migrationsFolder = resolve(import.meta.dirname, "../server/db/migrations");
const onError = () => undefined;
const userId = "01990000-0000-7000-8000-000000000001";

async function freshFolder(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "claude-notify-db-"));
	onTestFinished(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

const identity = (id: string) => ({
	id,
	userId,
	channel: "sms" as const,
	addressSealed: "sealed",
	addressMac: "mac",
	label: "+1***0000",
});

describe.each(databases)("the schema on $name", ({ open }) => {
	it("lets an address belong to one identity only, and rolls a transaction back whole", async () => {
		const database = await open();
		onTestFinished(() => database.close());
		await database.db.insert(users).values({ id: userId });
		await database.db.insert(identities).values(identity("01990000-0000-7000-8000-000000000002"));
		const twice = database.db.transaction(async (tx) => {
			await tx.update(users).set({ plan: "pro" });
			await tx.insert(identities).values(identity("01990000-0000-7000-8000-000000000003"));
		});
		await expect(twice).rejects.toMatchObject({ cause: { code: "23505" } });
		expect(await database.db.select({ plan: users.plan }).from(users)).toEqual([{ plan: "free" }]);
		expect(await databaseAnswers(database.db)).toBe(true);
	});
});

describe("opening a database", () => {
	it("keeps what PGlite stored, and refuses a second process on the same folder", async () => {
		const dataDir = await freshFolder();
		const options = { url: undefined, dataDir, migrationsFolder, onError };
		const first = await openDatabase(options);
		await first.db.insert(users).values({ id: userId });
		const second = spawn(
			process.execPath,
			[
				"--input-type=module",
				"--eval",
				`import { openDatabase } from ${JSON.stringify(resolve(import.meta.dirname, "../server/db/client.ts"))};
				await openDatabase({ url: undefined, dataDir: ${JSON.stringify(dataDir)}, migrationsFolder: ${JSON.stringify(migrationsFolder)}, onError() {} });`,
			],
			{ stdio: ["ignore", "ignore", "pipe"] },
		);
		let complaint = "";
		second.stderr.on("data", (chunk) => {
			complaint += String(chunk);
		});
		const [code] = await once(second, "exit");
		expect(code).toBe(1);
		expect(complaint).toContain(`Another server (process ${process.pid}) already uses`);
		await first.close();
		const again = await openDatabase(options);
		expect(await again.db.select({ id: users.id }).from(users)).toEqual([{ id: userId }]);
		await again.close();
	}, 60_000);

	it("migrates an empty PostgreSQL once though four servers start at the same time", async () => {
		const postgres = databases.find((entry) => entry.name === "PostgreSQL");
		const database = await postgres?.open();
		if (database?.url === undefined) throw new Error("PostgreSQL did not give a URL");
		onTestFinished(() => database.close());
		await database.db.execute(sql`drop schema public cascade`);
		await database.db.execute(sql`drop schema drizzle cascade`);
		await database.db.execute(sql`create schema public`);
		const options = { url: database.url, dataDir: database.dataDir, migrationsFolder, onError };
		const opened = await Promise.all([1, 2, 3, 4].map(() => openDatabase(options)));
		for (const each of opened) {
			expect(await each.db.select().from(users)).toEqual([]);
			await each.close();
		}
	});

	it("leaves no lock behind after its migrations, and runs them past a pooler where it is told how", async () => {
		const database = await openTestNeon();
		onTestFinished(() => database.close());
		const [pooled, direct] = [database.neonUrl("pooled"), database.neonUrl("direct")];
		for (const directUrl of [undefined, direct]) {
			const options = { url: pooled, directUrl, dataDir: database.dataDir, migrationsFolder, onError };
			const again = await openDatabase(options);
			expect(await rowsOf(again.db, count, advisoryLocks)).toEqual([{ n: 0 }]);
			await again.close();
		}
	});
});

const count = z.object({ n: z.number() });
const advisoryLocks = sql`select count(*)::int as n from pg_locks join pg_database d on d.oid = database
	where locktype = 'advisory' and d.datname = current_database()`;

describe("PostgreSQL's prepared statements", () => {
	const prepared = sql`select count(*)::int as n from pg_prepared_statements where statement like '%users%'`;
	async function postgres(more: Partial<DatabaseOptions> = {}) {
		const database = await databases[1].open();
		onTestFinished(() => database.close());
		const said: string[] = [];
		const options = { url: database.url, dataDir: database.dataDir, migrationsFolder, ...more };
		const own = await openDatabase({ ...options, onError: (error) => void said.push(error.message) });
		onTestFinished(() => own.close());
		const ask = () => own.db.select().from(users).where(eq(users.id, userId));
		/** How many statements about users the one connection keeps. */
		const kept = async () => (await rowsOf(own.db, count, prepared))[0]?.n;
		return { db: own.db, said, ask, kept };
	}

	it("are made once for each text", async () => {
		const { ask, kept } = await postgres();
		for (let n = 0; n < 3; n++) expect(await ask()).toEqual([]);
		expect(await kept()).toBe(1);
	});

	it("are not made where a pooler is known of", async () => {
		const database = await databases[1].open();
		onTestFinished(() => database.close());
		const { ask, kept } = await postgres({ url: `${database.url}?pgbouncer=true`, directUrl: undefined });
		await ask();
		expect(await kept()).toBe(0);
		const other = await postgres({ url: database.url, directUrl: database.url });
		await other.ask();
		expect(await other.kept()).toBe(0);
	});

	it("are given up once they are lost, as a pooler loses them, and what to do is said", async () => {
		const { db, ask, kept, said } = await postgres();
		await ask();
		await db.execute(sql.raw("deallocate all"));
		await expect(ask()).rejects.toThrow();
		expect(said).toEqual([expect.stringContaining("give DATABASE_DIRECT_URL too")]);
		expect(await ask()).toEqual([]);
		expect(await kept()).toBe(0);
	});
});

describe("a DATABASE_URL that does not work says why", () => {
	const password = "hunter2";
	/** PostgreSQL's own refusal of a connection, as it goes over the wire. */
	const refusal = (state: string, message: string) => (socket: Socket) => {
		const fields = Buffer.from(`SFATAL\0VFATAL\0C${state}\0M${message}\0\0`);
		const head = Buffer.alloc(5);
		head.write("E");
		head.writeInt32BE(fields.length + 4, 1);
		socket.once("data", () => socket.end(Buffer.concat([head, fields])));
	};
	const noEntry = 'no pg_hba.conf entry for host "192.0.2.1", user "ann", database "n", no encryption';

	async function listener(onConnection: (socket: Socket) => void): Promise<string> {
		const open = new Set<Socket>();
		const server = createServer((socket) => {
			open.add(socket.on("error", () => undefined));
			onConnection(socket);
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		onTestFinished(() => {
			for (const socket of open) socket.destroy();
			server.close();
		});
		const address = server.address();
		return `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
	}
	const opening = (url: string, directUrl?: string) =>
		openDatabase({ url, directUrl, dataDir: "unused", migrationsFolder, onError }).then(
			() => "opened",
			(error: Error) => error.message,
		);

	it.each([
		["the wrong password", refusal("28P01", "password authentication failed"), /does not take the password of "ann"/],
		["an unknown role", refusal("28000", 'role "ann" does not exist'), /does not let "ann" in: there is no such role/],
		["a server that wants TLS", refusal("28000", noEntry), /wants TLS\. Add sslmode=verify-full/],
		["too many connections", refusal("53300", "sorry, too many clients already"), /has no connection left/],
		["a server that starts", refusal("57P03", "the database system is starting up"), /is starting or stopping/],
		[
			"a port of something else",
			(socket: Socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
			/is not PostgreSQL/,
		],
		["a port that says nothing", () => undefined, /does not answer within 5 seconds/],
	])("%s", async (_case, onConnection, words) => {
		const place = await listener(onConnection);
		const said = await opening(`postgres://ann:${password}@${place}/notify`);
		expect(said).toMatch(/^The database of DATABASE_URL cannot be opened: /);
		expect(said).toMatch(words);
		expect(said).toContain(place);
		expect(said).not.toContain(password);
	});

	it.each([
		["an unknown host", "no-such-host.invalid", "/n", /there is no host "no-such-host\.invalid"/],
		["a port where nothing listens", "127.0.0.1:1", "/n", /nothing listens at 127\.0\.0\.1:1/],
		[
			"a database that is not there",
			undefined,
			"/none_such",
			/has no database "none_such"\. Make it: createdb none_such/,
		],
		["TLS where there is none", undefined, "/postgres?sslmode=verify-full", /speaks no TLS/],
	])("%s", async (_case, place, path, words) => {
		const database = await databases[1].open();
		onTestFinished(() => database.close());
		const { username, host } = new URL(database.url ?? "");
		const said = await opening(`postgres://${username}:${password}@${place ?? host}${path}`);
		expect(said).toMatch(words);
		expect(said).not.toContain(password);
	});

	it("names the variable that is wrong, when there are two", async () => {
		const database = await databases[1].open();
		onTestFinished(() => database.close());
		const good = database.url ?? "";
		expect(await opening(good, "postgres://ann@127.0.0.1:1/n")).toMatch(/^The database of DATABASE_DIRECT_URL cannot/);
		expect(await opening("postgres://ann@127.0.0.1:1/n", good)).toMatch(/^The database of DATABASE_URL cannot/);
	});
});
