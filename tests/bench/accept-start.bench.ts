import { generateKeyPairSync, randomBytes } from "node:crypto";
import { loadavg } from "node:os";
import { join } from "node:path";
import { it } from "vitest";
import { databases } from "../helpers/database.ts";
import { serverStarter } from "../helpers/server-process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { median, table } from "./figures.ts";

const starts = 5;
const { privateKey } = generateKeyPairSync("ed25519");
const keys = {
	DATA_KEY: randomBytes(32).toString("base64"),
	JWT_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
};

it("prints how long a server takes to start", async () => {
	const postgres = await databases[1].open();
	await using folder = await temporaryFolder();
	const start = await serverStarter(folder.path);
	const cache = { NODE_COMPILE_CACHE: join(folder.path, "compile") };
	/** Milliseconds from the process to its address. */
	async function startTime(env: Record<string, string>): Promise<number> {
		const from = performance.now();
		await using running = start({ ...cache, ...keys, ...env });
		await running.address();
		const ms = performance.now() - from;
		running.child.kill("SIGTERM");
		await running.ended;
		return ms;
	}
	async function startTimes(count: number, env: (n: number) => Record<string, string>): Promise<number[]> {
		const times: number[] = [];
		for (let n = 0; n < count; n++) times.push(await startTime(env(n)));
		return times;
	}
	const onUrl = () => ({ DATABASE_URL: postgres.url ?? "" });
	await startTime(onUrl());
	const cases = [
		["PostgreSQL", await startTimes(starts, onUrl)],
		["PGlite, a new folder", await startTimes(3, (n) => ({ DATA_DIR: `new-${n}` }))],
		["PGlite, its folder of before", await startTimes(starts, () => ({ DATA_DIR: "new-0" }))],
	] as const;
	await postgres.close();
	const rows = cases.map(([name, times]) => [name, median([...times]), Math.max(...times), loadavg()[0] ?? Number.NaN]);
	process.stdout.write(`\nprocess to address\n${table(["database", "median ms", "max ms", "load"], rows)}\n`);
});
