import { type ChildProcess, fork } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { it } from "vitest";
import { z } from "zod";
import { createVault } from "../../server/auth/vault.ts";
import { rowsOf } from "../../server/db/client.ts";
import { type Sender, storeReply } from "../../server/domain/store-reply.ts";
import { startNotifyBus } from "../../server/notify-bus.ts";
import { checkGoals } from "../helpers/bench-goals.ts";
import { databases } from "../helpers/database.ts";
import { faultsServer, ownBundle } from "../helpers/faults-server.ts";
import { testDeps } from "../helpers/fixture.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/until.ts";
import { crowd, type Member } from "./crowd.ts";
import { percentile, table } from "./figures.ts";
import { atATime, keepAlive } from "./keep-alive.ts";
import { sharedNow } from "./receiver.ts";

const waiters = 5000;
const replies = { count: 500, perSecond: 50 };
const atOnce = 500;

const dataKey = randomBytes(32);
const { privateKey } = generateKeyPairSync("ed25519");
const keys = {
	DATA_KEY: dataKey.toString("base64"),
	JWT_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
};

/** The resident memory of a process in kB. */
async function residentOf(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, "utf8");
	return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
}

const told = z.union([z.object({ text: z.string(), at: z.number() }), z.object({ failed: z.string() })]);

/** When each text arrived at its companion. */
function arrivals(child: ChildProcess) {
	const at = new Map<string, number>();
	const failures: string[] = [];
	child.on("message", (message) => {
		const said = told.parse(message);
		if ("failed" in said) failures.push(said.failed);
		else at.set(said.text, said.at);
	});
	return {
		async all(given: ReadonlyMap<string, number>): Promise<number[]> {
			await until(
				() => [...given.keys()].every((text) => at.has(text)),
				90_000,
				() => `${at.size} arrived; ${failures.slice(0, 3).join()}`,
			);
			return [...given].map(([text, from]) => (at.get(text) ?? Number.NaN) - from);
		},
	};
}

it("prints what waiting companions cost, and how soon a reply that another instance stored wakes one", async () => {
	await using bundle = await ownBundle();
	await using folder = await temporaryFolder();
	const database = await databases[1].open();
	const deps = testDeps(database.db, [], { vault: createVault(dataKey) });
	const members = await crowd(deps, { count: waiters, channel: "telegram" });
	const last = members.at(-1);
	if (last === undefined) throw new Error("nobody waits");
	const senders = await rowsOf(
		database.db,
		z.object({ id: z.string(), user_id: z.string() }),
		sql`select id, user_id from identities`,
	);
	const senderOf = new Map(
		senders.map(({ id, user_id }): [string, Sender] => [
			user_id,
			{ identityId: id, userId: user_id, channel: "telegram", label: "chat" },
		]),
	);
	await using server = await faultsServer({ main: bundle.main, env: { DATABASE_URL: database.url ?? "", ...keys } });
	await server.start();
	const other = startNotifyBus({
		url: database.url,
		instance: deps.id(),
		log: deps.log,
		onOutbox: () => undefined,
		onSession: () => undefined,
	});
	const store = async (member: Member, text: string): Promise<void> => {
		const sender = senderOf.get(member.session.userId);
		if (sender === undefined) throw new Error("the session's user has no address");
		await storeReply(database.db, deps, { sender, sessionId: member.session.id, text });
		other.tellSession(member.session.id);
	};

	// A server that has been busy, so that what its heap has grown to for that counts for no waiter.
	const warm = keepAlive(server.url, 200);
	await atATime(waiters, 200, async (n) => {
		const { session, token } = members[n] ?? last;
		await warm.send("GET", `/v1/sessions/${session.id}/inbox?wait=0`, { authorization: `Bearer ${token}` });
	});
	warm.close();
	await sleep(3000);
	const before = await residentOf(server.pid());
	const file = join(folder.path, "sessions.json");
	await writeFile(file, JSON.stringify(members.map(({ session, token }) => ({ id: session.id, token }))));
	const startedAt = performance.now();
	const child = fork(resolve(import.meta.dirname, "waiters-child.ts"), [server.url.href, file]);
	const arrived = arrivals(child);
	// The last one to connect gets its reply when all the others wait.
	const probe = new Map<string, number>();
	probe.set("first words", sharedNow());
	await store(last, "first words");
	await arrived.all(probe);
	const connected = performance.now() - startedAt;
	await sleep(2000);
	const after = await residentOf(server.pid());

	const paced = new Map<string, number>();
	for (let n = 0; n < replies.count; n++) {
		const member = members[(n * 7919) % waiters];
		if (member === undefined) continue;
		const text = `reply ${n}`;
		paced.set(text, sharedNow());
		await Promise.all([store(member, text), sleep(1000 / replies.perSecond)]);
	}
	const times = await arrived.all(paced);
	const together = new Map<string, number>();
	const from = sharedNow();
	await Promise.all(
		members.slice(0, atOnce).map((member, n) => {
			together.set(`all ${n}`, from);
			return store(member, `all ${n}`);
		}),
	);
	const burst = await arrived.all(together);
	const rows = [
		["kB for each", (after - before) / waiters],
		["s until all wait", connected / 1000],
		[`one reply in ${1000 / replies.perSecond} ms: p50 ms`, percentile(times, 50)],
		["p99 ms", percentile(times, 99)],
		[`${atOnce} replies at once: p50 ms`, percentile(burst, 50)],
		["p99 ms", percentile(burst, 99)],
		["load", loadavg()[0] ?? Number.NaN],
	];
	process.stdout.write(
		`\n${waiters} companions wait at one server; replies are stored by another instance\n${table(["", "PostgreSQL"], rows)}\n`,
	);
	const [each, wake] = [(after - before) / waiters, percentile(times, 99)];
	checkGoals([
		{ name: "at most 25 kB for each", measured: each, met: each <= 25 },
		{ name: "a reply wakes its companion within 150 ms (p99)", measured: wake, met: wake <= 150 },
	]);
	await other.close();
	child.disconnect();
	await once(child, "exit");
	await server.kill();
	await database.close();
});
