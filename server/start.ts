import { randomBytes, randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { uuidv7 } from "uuidv7";
import { z } from "zod";
import { createApp } from "./app.ts";
import type { AppDeps } from "./app-deps.ts";
import { createAccessTokens } from "./auth/access-token.ts";
import { createHttpLimits, type HttpLimits } from "./auth/http-limits.ts";
import { dataKeyOf, loadKeys } from "./auth/keys.ts";
import { createLogVault } from "./auth/log-vault.ts";
import { createReplyGrants } from "./auth/reply-grant.ts";
import { createVault } from "./auth/vault.ts";
import { createChannels } from "./channels/index.ts";
import { type Database, openDatabase } from "./db/client.ts";
import { listenUrl } from "./db/pooled-url.ts";
import { expireApprovals } from "./domain/approvals/expire-approvals.ts";
import type { Log } from "./domain/deps.ts";
import { sendDigests } from "./domain/digest.ts";
import { expireInbox } from "./domain/expire-inbox.ts";
import { forget } from "./domain/forget.ts";
import { rewrapLogKeys } from "./domain/tasks/log-keys.ts";
import { tidy } from "./domain/tidy.ts";
import { watchSessions } from "./domain/watch-sessions.ts";
import { type Env, isLoopback } from "./env.ts";
import { refusalOf } from "./http.ts";
import { createInboxBus } from "./inbox-bus.ts";
import { closeServer, listen } from "./listen.ts";
import { createLog } from "./log.ts";
import { startNotifyBus } from "./notify-bus.ts";
import { startOutbox } from "./outbox/worker.ts";
import { Parking } from "./parking.ts";
import { startReceivers } from "./receivers.ts";
import { SimulatorPhone } from "./simulator-phone.ts";
import { every } from "./timers.ts";

export interface StartOptions {
	env: Env;
	/** Given: the caller's, and not closed here. */
	database?: Database;
	log?: Log;
	/** The clock of tokens; stored instants come from the database. */
	now?: () => Date;
	/** Given: instead of the usual limits of each address. */
	limits?: HttpLimits;
}

export interface RunningServer {
	/** Where it listens; `deps.publicUrl` is where the world reaches it. */
	url: URL;
	deps: AppDeps;
	/** Drains: no new connections, long-polls answered, the outbox finished, the database closed. */
	close(): Promise<void>;
}

/** The folder of the project: the sources and the bundle stand at different depths in it. */
export const projectRoot = nearestPackage(import.meta.dirname);
const manifest = z.looseObject({ version: z.string() });

/** How long a shutdown waits for answers under way, and then for the outbox. */
const drainMs = { connections: 4000, outbox: 4000 };

export async function startServer(options: StartOptions): Promise<RunningServer> {
	const { env } = options;
	const log = options.log ?? createLog(env.logLevel);
	const database = options.database ?? (await openOwnDatabase(env, log));
	const closeDatabase = () => (options.database === undefined ? database.close() : Promise.resolve());
	try {
		return await wire({ ...options, log, database, closeDatabase });
	} catch (error) {
		await closeDatabase();
		throw error;
	}
}

interface Parts extends StartOptions {
	log: Log;
	database: Database;
	closeDatabase(): Promise<void>;
}

async function wire(parts: Parts): Promise<RunningServer> {
	const { env, log } = parts;
	const ready = Promise.withResolvers<ReturnType<typeof createApp>>();
	// The public address can hang on the port, so the socket comes first; requests wait for the app.
	const { server, url } = await listen({
		host: env.host,
		port: env.port,
		async fetch(request, bindings) {
			const answer = await (await ready.promise).fetch(request, bindings);
			return parking.takeOver(bindings.outgoing, answer) ? RESPONSE_ALREADY_SENT : answer;
		},
	});
	const inboxBus = createInboxBus(parts.database.db, { log, tell: (id) => others.tellSession(id) });
	let draining = false;
	const stopped = () => draining;
	const parking = new Parking({ bus: inboxBus, stopped, refuse: (error, id) => refusalOf(error, id, log) });
	const deps = await createDeps(parts, {
		publicUrl: env.publicUrl ?? url,
		inboxBus,
		draining: stopped,
		parking,
		wakeOutbox() {
			outbox.wake();
			others.tellOutbox();
		},
	}).catch(async (error: unknown) => {
		await closeServer(server, 0);
		throw error;
	});
	const startedAt = performance.now();
	const outbox = startOutbox({ ...deps, db: parts.database.outboxDb });
	const others = startNotifyBus({
		url: listenUrl(env.databaseUrl, env.databaseDirectUrl),
		instance: deps.id(),
		log,
		onOutbox: outbox.wake,
		onSession: inboxBus.wake,
	});
	const receivers = startReceivers(deps);
	const timers = [
		every(1000, "watch sessions", () => watchSessions(deps, { upMs: performance.now() - startedAt }), log),
		every(1000, "expire approvals", () => expireApprovals(deps), log),
		every(5000, "digests", () => sendDigests(deps), log),
		every(60_000, "expire replies", () => expireInbox(deps), log),
		every(600_000, "tidy", () => tidy(deps), log),
		every(600_000, "forget", () => forget(deps), log),
		every(60_000, "rewrap log keys", () => rewrapLogKeys(deps), log),
	];
	ready.resolve(createApp(deps));
	async function close(): Promise<void> {
		draining = true;
		await receivers.stop();
		await inboxBus.close();
		await closeServer(server, drainMs.connections);
		await Promise.all(timers.map((timer) => timer.stop()));
		await outbox.stop(drainMs.outbox);
		await others.close();
		await parts.closeDatabase();
	}
	return { url, deps, close };
}

type Wiring = Pick<AppDeps, "publicUrl" | "inboxBus" | "parking" | "draining" | "wakeOutbox">;

async function createDeps(parts: Parts, wiring: Wiring): Promise<AppDeps> {
	const { env, log, limits } = parts;
	const { db } = parts.database;
	const { publicUrl } = wiring;
	const now = parts.now ?? (() => new Date());
	const { signing, dataKey } = await loadKeys(env);
	const vault = createVault(dataKey);
	const [logKey = dataKey, ...olderLogKeys] = env.taskLogKeys.map((key) => dataKeyOf(key, "TASK_LOG_KEYS"));
	// Whoever can open the simulator can type into the session; a public address means a proxy, which may hide where a request came from.
	const alone = isLoopback(env.host) && isLoopback(publicUrl.hostname);
	const phone = alone && !env.production ? new SimulatorPhone() : undefined;
	return {
		...wiring,
		db,
		now,
		id: uuidv7,
		secret: (bytes) => randomBytes(bytes).toString("base64url"),
		code: () => randomInt(1_000_000).toString().padStart(6, "0"),
		vault,
		logVault: createLogVault([logKey, ...olderLogKeys, dataKey]),
		channels: createChannels({
			configured: env.channels,
			context: { publicUrl: () => publicUrl },
			mac: vault.mac,
			phone,
		}),
		log,
		version: manifest.parse(JSON.parse(await readFile(join(projectRoot, "package.json"), "utf8"))).version,
		tokens: createAccessTokens({ db, signing, publicUrl, now, id: uuidv7 }),
		replyGrants: createReplyGrants({ signing, publicUrl, now, id: uuidv7 }),
		relayPlans: env.relayPlans,
		fullLogPlans: env.fullLogPlans,
		limits: limits ?? createHttpLimits(),
		trustedProxies: env.trustedProxies,
		smsCountries: env.smsCountries,
		phone,
		projectRoot,
		pluginRoot: publicUrl.protocol === "https:" ? projectRoot : undefined,
	};
}

function nearestPackage(folder: string): string {
	if (existsSync(join(folder, "package.json"))) return folder;
	const parent = dirname(folder);
	if (parent === folder) throw new Error("The server stands in no package: its package.json is missing.");
	return nearestPackage(parent);
}

/** The bundle carries its migrations beside it. */
function migrationsFolder(): string {
	const bundled = join(import.meta.dirname, "migrations");
	return existsSync(bundled) ? bundled : join(import.meta.dirname, "db/migrations");
}

/** The database that the configuration names; its errors say what is wrong with it. */
export function openOwnDatabase(env: Env, log: Log): Promise<Database> {
	return openDatabase({
		url: env.databaseUrl,
		directUrl: env.databaseDirectUrl,
		dataDir: env.dataDir,
		migrationsFolder: migrationsFolder(),
		onError: (error) => log.error({ reason: error.message }, "database connection lost"),
	});
}
