import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { it } from "vitest";
import { writeToSession } from "../../src/inbox/socket.ts";
import { type Loop, startLoop } from "../helpers/loop.ts";
import { startMonitored } from "../helpers/monitored.ts";
import { startTui, type Tui } from "../helpers/real-client.ts";
import { inboxStatesOf } from "../helpers/stored.ts";
import { until } from "../helpers/until.ts";
import { percentile, table } from "./figures.ts";

const rounds = 100;
const warmUp = 3;
const pauseMs = 150;
/** The client's own inbox takes some thirty texts at once, and then one every two seconds: of what comes sooner it drops one. */
const roundMs = 2500;

interface Variant {
	name: string;
	loop: Loop;
	/** Hands the words over; resolves when whoever took them says so. */
	send: (words: string) => Promise<unknown>;
	/** Resolves when the session can take the next. */
	idle?: () => Promise<unknown>;
	sample: number[];
}

/** The client tells its inbox to its children only: a hook of the user's own writes it down. */
const tellSocket = {
	hooks: {
		SessionStart: [
			{
				hooks: [
					{
						type: "command",
						command: 'echo "$CLAUDE_CODE_MESSAGING_SOCKET $CLAUDE_CODE_MESSAGING_TOKEN" > "$TMPDIR/$CLAUDE_PID.inbox"',
					},
				],
			},
		],
	},
};

async function socketOf({ home, pid }: Tui) {
	const name = `${pid}.inbox`;
	await until(
		async () => (await readdir(home.temporary)).includes(name),
		10_000,
		() => "the client told of no inbox",
	);
	const [path = "", token] = (await readFile(join(home.temporary, name), "utf8")).trim().split(" ");
	return { path, token };
}

async function overTheServer(loop: Loop, name: string, clients: AsyncDisposableStack): Promise<Variant> {
	clients.use(await startMonitored(loop, "bench"));
	const seen = async () => (await inboxStatesOf(loop.database.db)).every((state) => state === "seen");
	return {
		name,
		loop,
		async send(words) {
			await loop.phone.reply(words);
		},
		async idle() {
			await until(seen, 20_000, () => "a reply was never seen");
			// Ten replies a minute are the limit of a user, and thirty messages by SMS a day.
			await loop.database.db.execute(sql`delete from rate_slots`);
		},
		sample: [],
	};
}

async function measure({ loop, send, idle, sample }: Variant, words: string): Promise<void> {
	const sentAt = performance.now();
	const sending = send(words);
	const request = await loop.model.waitForRequest(({ newText }) => newText.includes(words), 30_000);
	sample.push(request.at - sentAt);
	await sending;
	await idle?.();
	await sleep(pauseMs);
}

it("prints how long a reply takes from the provider's webhook to the model", async () => {
	await using postgres = await startLoop({ phone: "twilio", database: "PostgreSQL", settings: tellSocket });
	await using pglite = await startLoop({ phone: "twilio", database: "PGlite" });
	await Promise.all([postgres.pair(), pglite.pair()]);
	const { model, home } = postgres;
	await using clients = new AsyncDisposableStack();
	const bare = clients.use(await startTui({ model, home }));
	const typed = clients.use(await startTui({ model, home }));
	const socket = await socketOf(bare);
	const variants: Variant[] = [
		await overTheServer(postgres, "claude-notify, PostgreSQL", clients),
		await overTheServer(pglite, "claude-notify, PGlite", clients),
		{ name: "bare socket write", loop: postgres, send: (words) => writeToSession(socket, words), sample: [] },
		{
			name: "tmux send-keys, 250 ms, Enter",
			loop: postgres,
			async send(words) {
				await typed.press(words);
				await sleep(250);
				await typed.press("Enter");
			},
			sample: [],
		},
	];
	for (let round = 0; round < rounds + warmUp; round++) {
		const pace = sleep(roundMs);
		// Interleaved, so that the machine's noise falls on all alike.
		for (const [n, variant] of variants.entries()) await measure(variant, `reply ${round} of bench ${n}`);
		await pace;
	}
	const rows = variants.map(({ name, sample }) => {
		const measured = sample.slice(warmUp);
		return [name, percentile(measured, 50), percentile(measured, 99), Math.max(...measured)];
	});
	const head = ["way", "p50 ms", "p99 ms", "max ms"];
	process.stdout.write(`\n${rounds} replies each, webhook sent -> model request, idle session\n${table(head, rows)}\n`);
});
