import { generateKeyPairSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { pluginFiles } from "../../.ci/build.ts";
import { inbox, sessions } from "../../server/db/schema.ts";
import { type ClientHome, createClientHome } from "./client-home.ts";
import { databases, type TestDatabase } from "./database.ts";
import { sharedKey } from "./faults-people.ts";
import { seededRandom } from "./faults-random.ts";
import { type FaultsServer, faultsServer, ownBundle } from "./faults-server.ts";
import { startBalancer } from "./fleet-balancer.ts";
import { smsFleetPhone, telegramFleetPhone } from "./fleet-phones.ts";
import { Seat } from "./fleet-seat.ts";
import { pair } from "./loop.ts";
import { type MockModel, startMockModel, text } from "./mock-model.ts";
import type { TestPhone } from "./phone.ts";
import { runPrint } from "./real-client.ts";
import { startTelegramEmulator } from "./telegram-emulator.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { startTwilioEmulator } from "./twilio-emulator.ts";
import { hex, twilioVariables } from "./twilio-wire.ts";
import { until } from "./until.ts";

/** Somebody with a phone and a machine, and the sessions on it. */
export interface Owner {
	phone: TestPhone;
	seats: Seat[];
}

/** Real clients with our plugin, two server processes on one PostgreSQL behind one address, and phones on two providers. */
export interface Fleet extends AsyncDisposable {
	servers: FaultsServer[];
	database: TestDatabase;
	model: MockModel;
	owners: Owner[];
	/** The letter of a seat's session. */
	handleOf(seat: Seat): Promise<string>;
	/** States of all replies that were stored for the seat, in order. */
	statesOf(seat: Seat): Promise<string[]>;
	/** As if a minute had passed since the last replies, and each session had sent a new message to answer. Nothing else notices. */
	passReplyLimits(): Promise<void>;
}

export interface FleetPlan {
	/** Sessions of the owner with Twilio, and of the one with Telegram. */
	seats: readonly [sms: number, telegram: number];
	random: () => number;
	/** The longest that the model takes for an answer. */
	answerMs: number;
}

const root = resolve(import.meta.dirname, "../..");

/** The plugin as it is installed, in a folder that no build changes during a run. */
async function ownPlugin(folder: string): Promise<string> {
	for (const [path, content] of await pluginFiles(root)) {
		await mkdir(dirname(join(folder, path)), { recursive: true });
		await writeFile(join(folder, path), content);
	}
	return folder;
}

function jwtKey(): string {
	return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

export async function startFleet({ seats, random: seed, answerMs }: FleetPlan): Promise<Fleet> {
	const [random, answers] = [seededRandom(seed() * 2 ** 32), seededRandom(seed() * 2 ** 32)];
	await using building = new AsyncDisposableStack();
	const database = await databases[1].open();
	building.defer(() => database.close());
	const bundle = building.use(await ownBundle());
	const folder = building.use(await temporaryFolder());
	const plugin = await ownPlugin(join(folder.path, "plugin"));
	const model = building.use(await startMockModel());
	Object.defineProperty(model, "defaultReply", {
		get: () => ({ kind: "held", until: sleep(answerMs * answers()).then(() => text("done")) }),
	});
	const twilio = building.use(await startTwilioEmulator());
	const telegram = building.use(await startTelegramEmulator());
	// Its updates come as webhooks here: to an address that is not https Telegram itself would send none.
	telegram.pause();
	const secret = hex(16);
	const servers: FaultsServer[] = [];
	const balancer = building.use(await startBalancer(() => servers.map(({ url }) => url), random));
	twilio.inboundUrl = new URL("/webhooks/twilio/message", balancer.url).href;
	const env = {
		DATABASE_URL: database.url ?? "",
		DATA_KEY: sharedKey(),
		JWT_PRIVATE_KEY: jwtKey(),
		PUBLIC_URL: balancer.url.origin,
		TELEGRAM_BOT_TOKEN: telegram.token,
		TELEGRAM_BASE_URL: telegram.baseUrl,
		TELEGRAM_WEBHOOK_SECRET: secret,
		...twilioVariables(twilio),
	};
	for (let n = 0; n < 2; n++) servers.push(building.use(await faultsServer({ main: bundle.main, env })));
	await Promise.all(servers.map((server) => server.start()));
	const client = { model, pluginDirs: [plugin], env: { CLAUDE_NOTIFY_URL: balancer.url.origin } };
	const phones = [
		smsFleetPhone("+12025550123", twilio),
		telegramFleetPhone(telegram, { url: new URL("/webhooks/telegram", balancer.url), secret }),
	];
	const owners: Owner[] = [];
	for (const [n, phone] of phones.entries()) {
		const home = building.use(await createClientHome());
		await pair({ phone, print: (prompt) => runPrint(prompt, { ...client, home }) });
		owners.push({ phone, seats: await openSeats(home, seats[n] ?? 0, n, client, building) });
	}
	const disposal = building.move();
	return {
		servers,
		database,
		model,
		owners,
		async handleOf({ name }) {
			const [row] = await database.db
				.select({ handle: sessions.handle })
				.from(sessions)
				.where(eq(sessions.description, name));
			return row?.handle ?? "";
		},
		async statesOf({ name }) {
			const rows = await database.db
				.select({ state: inbox.state })
				.from(inbox)
				.innerJoin(sessions, eq(inbox.sessionId, sessions.id))
				.where(eq(sessions.description, name))
				.orderBy(inbox.seq);
			return rows.map(({ state }) => state);
		},
		async passReplyLimits() {
			const pass = sql`update rate_slots set used = 0, window_started_at = window_started_at - interval '1 minute' where kind = 'reply'`;
			// Servers take slots in an order of their own: the database may break one of us off.
			await until(
				() =>
					database.db.execute(pass).then(
						() => true,
						() => false,
					),
				30_000,
				() => "the limits cannot be moved",
			);
		},
		[Symbol.asyncDispose]: () => disposal.disposeAsync(),
	};
}

type Client = Omit<ConstructorParameters<typeof Seat>[1], "home">;

async function openSeats(home: ClientHome, count: number, owner: number, client: Client, all: AsyncDisposableStack) {
	const seats: Seat[] = [];
	for (let n = 0; n < count; n++) {
		const name = `seat ${owner}${n}`;
		const cwd = await home.addProject(name.replace(" ", ""));
		const seat = all.use(new Seat(name, { ...client, home, cwd }));
		await seat.open();
		seats.push(seat);
	}
	return seats;
}
