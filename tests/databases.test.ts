import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { neonConfig } from "@neondatabase/serverless";
import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { databaseAnswers, openDatabase, rowsOf } from "../server/db/client.ts";
import { identities, users } from "../server/db/schema.ts";
import { databases } from "./helpers/database.ts";
import { startNeonProxy } from "./helpers/neon-proxy.ts";

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

	it("speaks to Neon through its WebSocket driver with the same schema and statements", async () => {
		const postgres = databases.find((entry) => entry.name === "PostgreSQL");
		const database = await postgres?.open();
		if (database?.url === undefined) throw new Error("PostgreSQL did not give a URL");
		onTestFinished(() => database.close());
		const local = new URL(database.url);
		await using proxy = await startNeonProxy({ host: local.hostname, port: Number(local.port || 5432) });
		neonConfig.wsProxy = () => proxy.address;
		neonConfig.useSecureWebSocket = false;
		neonConfig.pipelineConnect = false;
		neonConfig.forceDisablePgSSL = true;
		const neonUrl = new URL(local.href);
		neonUrl.hostname = "ep-test.eu-central-1.aws.neon.tech";
		const neon = await openDatabase({ url: neonUrl.href, dataDir: database.dataDir, migrationsFolder, onError });
		expect(neon.kind).toBe("neon");
		await neon.db.transaction(async (tx) => {
			await tx.insert(users).values({ id: userId });
		});
		const row = z.object({ id: z.uuid(), recent: z.boolean() });
		const rows = await rowsOf(neon.db, row, sql`select id, created_at <= now() as recent from users`);
		expect(rows).toEqual([{ id: userId, recent: true }]);
		await neon.close();
	});
});
