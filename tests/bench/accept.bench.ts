import { fork } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { loadavg } from "node:os";
import { resolve } from "node:path";
import { sql } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { it } from "vitest";
import { createVault } from "../../server/auth/vault.ts";
import { type Database, openDatabase } from "../../server/db/client.ts";
import { insertEvent } from "../../server/domain/accept-event-sql.ts";
import { channelRules, eventLimits } from "../../server/domain/limits.ts";
import { sessionTokenHash } from "../../server/domain/secrets.ts";
import { checkGoals } from "../helpers/bench-goals.ts";
import { databases } from "../helpers/database.ts";
import { faultsServer, ownBundle } from "../helpers/faults-server.ts";
import { testChannel, testDeps } from "../helpers/fixture.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { crowd, type Member } from "./crowd.ts";
import { median, percentile, table } from "./figures.ts";
import { atATime, keepAlive } from "./keep-alive.ts";

const events = 2000;
const warmUp = 300;
const width = 20;
const rounds = 3;
const people = 2000;
/** The messages wait, so that what is measured is the taking of events and not their sending. */
const delay = 300;

const dataKey = randomBytes(32);
const { privateKey } = generateKeyPairSync("ed25519");
const keys = {
	DATA_KEY: dataKey.toString("base64"),
	JWT_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
};
const pad = "x".repeat(300);
const dayEnd = new Date(Date.now() + 86_400_000);
const report = () => ({
	id: uuidv7(),
	type: "question" as const,
	occurred_at: new Date().toISOString(),
	details: { message: pad },
});

interface Figures {
	perSecond: number[];
	p50: number[];
	p99: number[];
	load: number[];
}
const figuresOf = (): Figures => ({ perSecond: [], p50: [], p99: [], load: [] });

async function note(figures: Figures, work: Work): Promise<void> {
	await atATime(warmUp, width, work);
	const { perSecond, times } = await atATime(events, width, work);
	figures.perSecond.push(perSecond);
	figures.p50.push(percentile(times, 50));
	figures.p99.push(percentile(times, 99));
	figures.load.push(loadavg()[0] ?? Number.NaN);
}

type Work = () => Promise<unknown>;

/** All equally often, so that nobody comes to the 20 questions an hour that a session may ask. */
function inTurn(members: readonly Member[]): () => Member {
	let turn = 0;
	return () => {
		const member = members[turn++ % members.length];
		if (member === undefined) throw new Error("there is no session");
		return member;
	};
}

/** The insert through the driver, with nothing around it: each event by a statement of its own, or, as the server does it, those of a moment by one. */
function driverAlone(database: Database, members: readonly Member[], together: boolean): Work {
	const deps = testDeps(database.db, [testChannel("sms")], { vault: createVault(dataKey) });
	// Events are stored together that come by the same object.
	const own = () => (together ? deps : { ...deps, db: Object.create(deps.db) as Database["db"] });
	const rules = channelRules(deps.channels, "question", eventLimits);
	const next = inTurn(members);
	return async () => {
		const { session } = next();
		const given = {
			session,
			event: report(),
			limits: eventLimits,
			slot: "question",
			rules,
			delaySeconds: delay,
			dayEnd,
		};
		if ((await insertEvent(own(), given))?.outcome !== "queued") throw new Error("an event was not queued");
	};
}

/** Posts to whatever listens there, as the companion does. */
function posting(
	origin: URL,
	pathOf: (member: Member) => string,
	tokenOf: (member: Member) => string,
	members: readonly Member[],
) {
	const client = keepAlive(origin, width);
	const next = inTurn(members);
	const work: Work = async () => {
		const member = next();
		const headers = { "content-type": "application/json", authorization: tokenOf(member) };
		const { status, text } = await client.send("POST", pathOf(member), headers, JSON.stringify(report()));
		if (status !== 200 || !text.includes('"queued"')) throw new Error(`${status} ${text}`);
	};
	return { work, close: client.close };
}

function postingEvents(origin: URL, members: readonly Member[]) {
	const path = ({ session }: Member) => `/v1/sessions/${session.id}/events`;
	return posting(origin, path, ({ token }) => `Bearer ${token}`, members);
}

const oneByOne = "the insert, a statement for each event, no HTTP";
const asServer = "the insert, events of a moment together, no HTTP";

interface Row {
	title: string;
	figures: Figures;
}

async function onPostgres(main: string): Promise<Row[]> {
	const database = await databases[1].open();
	const vault = createVault(dataKey);
	const members = await crowd(testDeps(database.db, [], { vault }), {
		count: people,
		channel: "sms",
		settings: { delay },
	});
	const child = fork(resolve(import.meta.dirname, "raw-child.ts"), [database.url ?? ""]);
	const [address] = (await once(child, "message")) as [{ port: number }];
	await using server = await faultsServer({
		main,
		env: { DATABASE_URL: database.url ?? "", LOG_LEVEL: "info", ...keys },
	});
	await server.start();
	const bareUrl = new URL(`http://127.0.0.1:${address.port}`);
	const bare = posting(
		bareUrl,
		() => "/",
		(member) => sessionTokenHash({ vault }, member.token),
		members,
	);
	const ours = postingEvents(server.url, members);
	const rows = [
		{ title: oneByOne, work: driverAlone(database, members, false), figures: figuresOf() },
		{ title: asServer, work: driverAlone(database, members, true), figures: figuresOf() },
		{ title: "both statements behind bare node:http", work: bare.work, figures: figuresOf() },
		{ title: "POST /v1/sessions/{id}/events", work: ours.work, figures: figuresOf() },
	];
	for (const { work } of rows) await atATime(warmUp, width, work);
	await database.db.execute(sql`analyze`);
	for (let round = 0; round < rounds; round++) {
		for (const { work, figures } of round % 2 === 0 ? rows : rows.toReversed()) await note(figures, work);
	}
	bare.close();
	ours.close();
	child.disconnect();
	await once(child, "exit");
	await server.kill();
	await database.close();
	return rows;
}

/** The embedded database has one user at a time: first the driver alone, then the server on the same folder. */
async function onPglite(main: string): Promise<Row[]> {
	await using folder = await temporaryFolder();
	const migrationsFolder = "server/db/migrations";
	const database = await openDatabase({
		url: undefined,
		dataDir: folder.path,
		migrationsFolder,
		onError: () => undefined,
	});
	const vault = createVault(dataKey);
	const members = await crowd(testDeps(database.db, [], { vault }), {
		count: people,
		channel: "sms",
		settings: { delay },
	});
	const alone = [false, true].map((together) => ({
		title: together ? asServer : oneByOne,
		work: driverAlone(database, members, together),
		figures: figuresOf(),
	}));
	for (let round = 0; round < rounds; round++) for (const { figures, work } of alone) await note(figures, work);
	await database.close();
	await using server = await faultsServer({ main, env: { DATA_DIR: folder.path, LOG_LEVEL: "info", ...keys } });
	await server.start();
	const ours = postingEvents(server.url, members);
	const own = { title: "POST /v1/sessions/{id}/events", figures: figuresOf() };
	for (let round = 0; round < rounds; round++) await note(own.figures, ours.work);
	ours.close();
	await server.kill();
	return [...alone, own];
}

it("prints what taking an event over HTTP costs, beside the statements alone", async () => {
	await using bundle = await ownBundle();
	const all = [
		["PostgreSQL", await onPostgres(bundle.main)],
		["PGlite", await onPglite(bundle.main)],
	] as const;
	const rows = all.flatMap(([name, measured]) =>
		measured.map(({ title, figures: { perSecond, p50, p99, load } }) => {
			const share = median(perSecond) / median(measured[0]?.figures.perSecond ?? []);
			const rate = Math.round(median(perSecond)).toString();
			return [name, title, rate, `${Math.round(share * 100)} %`, median(p50), median(p99), median(load)];
		}),
	);
	const head = ["database", "what", "events/s", "of the first", "p50 ms", "p99 ms", "load"];
	process.stdout.write(
		`\n${events} events by ${width} connections, medians of ${rounds} rounds, Node ${process.version}\n${table(head, rows)}\n`,
	);
	const [raw = [], , , endpoint = []] = all[0][1].map(({ figures }) => figures.perSecond);
	const share = (median(endpoint) / median(raw)) * 100;
	checkGoals([
		{ name: "the endpoint at least 90 % of the raw statement, on PostgreSQL", measured: share, met: share >= 90 },
	]);
});
