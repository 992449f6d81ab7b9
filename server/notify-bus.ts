import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";
import { reasonOf } from "./db/errors.ts";
import type { Log } from "./domain/deps.ts";

/** What one instance of the server tells the others after a commit: where there is something to look for. A lost hint costs the second until they look by themselves. */
export interface NotifyBus {
	/** The outbox has something. */
	tellOutbox(): void;
	/** The inbox of this session has something. */
	tellSession(sessionId: string): void;
	close(): Promise<void>;
}

export interface NotifyBusOptions {
	/** For a connection of its own that is nobody else's in between: no pooler. Undefined: nothing is told and nothing heard. */
	url: string | undefined;
	/** This instance: a UUID. Its own hints are not given back to it. */
	instance: string;
	log: Log;
	onOutbox(): void;
	onSession(sessionId: string): void;
	/** The least time between two NOTIFY of this instance: commits that notify wait for each other. */
	gapMs?: number;
	/** How often it is asked whether the connection still lives, and how long the answer may take. */
	pingMs?: number;
	/** The waits between attempts to connect; the last one goes on. */
	retryMs?: readonly number[];
}

const channel = "claude_notify";
/** NOTIFY takes 8,000 bytes. */
const sessionsPerHint = 150;

const hint = z.object({ from: z.string(), outbox: z.boolean(), sessions: z.array(z.string()) });
type Hint = z.infer<typeof hint>;

const deaf: NotifyBus = { tellOutbox: () => undefined, tellSession: () => undefined, close: () => Promise.resolve() };

/** Hears and tells by LISTEN and NOTIFY on a connection of its own, and connects again by itself for as long as it runs. */
export function startNotifyBus(options: NotifyBusOptions): NotifyBus {
	const { url, instance, log, gapMs = 20, retryMs = [250, 500, 1000, 2000, 5000] } = options;
	if (url === undefined) return deaf;
	const link = { ...options, url };
	const closing = new AbortController();
	let client: pg.Client | undefined;
	const told = gather(gapMs, closing.signal, async ({ outbox, sessions }) => {
		const payload: Hint = { from: instance, outbox, sessions };
		await client?.query("select pg_notify($1, $2)", [channel, JSON.stringify(payload)]).catch(() => undefined);
	});

	function hear({ payload = "" }: pg.Notification): void {
		const { from, outbox, sessions } = hint.parse(JSON.parse(payload));
		if (from === instance) return;
		if (outbox) options.onOutbox();
		for (const id of sessions) options.onSession(id);
	}

	async function stayConnected(): Promise<void> {
		let failures = 0;
		function connected(to: pg.Client): void {
			if (failures > 0) log.info({}, "other instances of the server are heard again");
			failures = 0;
			client = to;
			// What was told while nobody listened is not repeated.
			options.onOutbox();
		}
		while (!closing.signal.aborted) {
			await listenOnce(link, closing.signal, { hear, connected }).catch((error: unknown) => {
				const reason = reasonOf(error);
				if (failures === 0)
					log.warn({ reason }, "other instances of the server cannot be heard; looking once a second");
			});
			client = undefined;
			const wait = retryMs[Math.min(failures, retryMs.length - 1)] ?? 0;
			failures += 1;
			await sleep(wait, undefined, { signal: closing.signal }).catch(() => undefined);
		}
	}
	const running = stayConnected();

	return {
		tellOutbox: () => told.add({ outbox: true, sessions: [] }),
		tellSession: (sessionId) => told.add({ outbox: false, sessions: [sessionId] }),
		async close() {
			await told.sent();
			closing.abort();
			await running;
		},
	};
}

/** Sends what is added as few hints, one after the other and `gapMs` apart; the first of them at once. */
function gather(gapMs: number, signal: AbortSignal, send: (hint: Omit<Hint, "from">) => Promise<void>) {
	let outbox = false;
	const sessions = new Set<string>();
	let sending: Promise<void> | undefined;
	let gap: Promise<void> = Promise.resolve();

	async function flush(): Promise<void> {
		await gap;
		while (outbox || sessions.size > 0) {
			const next = { outbox, sessions: [...sessions].slice(0, sessionsPerHint) };
			outbox = false;
			for (const id of next.sessions) sessions.delete(id);
			await send(next);
			gap = sleep(gapMs, undefined, { signal }).catch(() => undefined);
			await gap;
		}
	}
	return {
		add(more: Omit<Hint, "from">): void {
			outbox ||= more.outbox;
			for (const id of more.sessions) sessions.add(id);
			sending ??= flush().finally(() => {
				sending = undefined;
			});
		},
		/** Resolves when all that was added is sent. */
		sent: async (): Promise<void> => sending,
	};
}

interface Listener {
	hear(notification: pg.Notification): void;
	connected(client: pg.Client): void;
}

/** Listens until the signal, or until the connection is lost, which it throws. */
async function listenOnce(
	{ url, pingMs = 10_000 }: NotifyBusOptions & { url: string },
	signal: AbortSignal,
	{ hear, connected }: Listener,
): Promise<void> {
	const client = new pg.Client({
		connectionString: url,
		application_name: "claude-notify hints",
		connectionTimeoutMillis: 5000,
		query_timeout: Math.min(5000, pingMs),
		keepAlive: true,
	});
	const lost = Promise.withResolvers<void>();
	client.on("error", lost.reject);
	client.on("end", () => lost.reject(new Error("the connection was closed")));
	client.on("notification", hear);
	// Nobody may be waiting for it at that moment.
	lost.promise.catch(() => undefined);
	try {
		await client.connect();
		// A hint needs no disk: whatever it is about was committed before.
		await client.query("set synchronous_commit = off");
		await client.query(`listen ${channel}`);
		connected(client);
		while (!signal.aborted) {
			const pause = sleep(pingMs, undefined, { signal }).catch(() => undefined);
			await Promise.race([pause, lost.promise]);
			// Over a half-open connection nothing comes any more, and nothing says so.
			if (!signal.aborted) await client.query("select 1");
		}
	} finally {
		await Promise.race([client.end(), sleep(signal.aborted ? 500 : 0)]).catch(() => undefined);
		client.connection.stream.destroy();
	}
}
