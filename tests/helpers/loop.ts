import { resolve } from "node:path";
import { readEnv } from "../../server/env.ts";
import { type RunningServer, startServer } from "../../server/start.ts";
import { type ClientHome, createClientHome } from "./client-home.ts";
import { databases, type TestDatabase } from "./database.ts";
import { type LoopPhone, smsPhone } from "./loop-phones.ts";
import { type MockModel, startMockModel } from "./mock-model.ts";
import { simulatedPhone, type TestPhone } from "./phone.ts";
import { type ClientOptions, type PrintResult, runPrint, startTui, type Tui } from "./real-client.ts";

export const pluginRoot = resolve(import.meta.dirname, "../..");

/** For tests of lost sessions: three missed heartbeats are three seconds. */
export const quickHeartbeat = { CLAUDE_NOTIFY_HEARTBEAT_INTERVAL: "1000" };

export interface LoopOptions {
	database?: (typeof databases)[number]["name"];
	/** A phone behind a provider's emulator is the loop's from here on. */
	phone?: "simulator" | "twilio" | LoopPhone;
	/** The plugin's environment beside server and home. */
	env?: Record<string, string>;
	settings?: Record<string, unknown>;
}

/** The whole of it: our server, a phone, the mock model and one developer's machine with the real client and our plugin. */
export interface Loop extends AsyncDisposable {
	server: RunningServer;
	database: TestDatabase;
	model: MockModel;
	home: ClientHome;
	phone: TestPhone;
	/** What the product got wrong in the provider's protocol. */
	violations: readonly string[];
	/** Starts the real client in a terminal, with the plugin. */
	tui(options?: Partial<ClientOptions>): Promise<Tui>;
	/** Runs `claude -p` with the plugin. */
	print(prompt: string, options?: Partial<ClientOptions>): Promise<PrintResult>;
	/** Pairs the phone by the two commands, as a user without a browser does. */
	pair(): Promise<void>;
	stopServer(): Promise<void>;
	/** The same server again: same port, database and keys. */
	restartServer(): Promise<void>;
}

const silent = () => undefined;
const quietLog = { debug: silent, info: silent, warn: silent, error: reportError };

/** An error in the server's log is a finding in every test. */
function reportError(fields: object, message: string): void {
	process.stderr.write(`server: ${message} ${JSON.stringify(fields)}\n`);
}

export async function startLoop(options: LoopOptions = {}): Promise<Loop> {
	const wanted = options.database ?? "PostgreSQL";
	const database = await databases.filter((entry) => entry.name === wanted)[0]?.open();
	if (database === undefined) throw new Error(`there is no database ${wanted}`);
	const provider = await providerOf(options.phone);
	const launch = (port: number) =>
		startServer({ env: serverEnv(port, database, provider?.variables), database, log: quietLog });
	const [model, home, server] = await Promise.all([
		startMockModel(),
		createClientHome(options.settings === undefined ? {} : { settings: options.settings }),
		launch(0),
	]);
	provider?.serverAt(server.url);
	const client = (more: Partial<ClientOptions> = {}): ClientOptions => ({
		model,
		home,
		pluginDirs: [pluginRoot],
		...more,
		env: { CLAUDE_NOTIFY_URL: server.url.origin, ...options.env, ...more.env },
	});
	const loop: Loop = {
		server,
		database,
		model,
		home,
		phone: provider?.phone ?? simulatedPhone("+12025550123", server.url, () => phoneOf(loop.server)),
		violations: provider?.violations ?? [],
		tui: (more) => startTui(client(more)),
		print: (prompt, more) => runPrint(prompt, client(more)),
		pair: () => pair(loop),
		stopServer: () => loop.server.close(),
		async restartServer() {
			loop.server = await launch(Number(server.url.port));
		},
		async [Symbol.asyncDispose]() {
			await loop.server.close();
			await Promise.all([provider?.[Symbol.asyncDispose](), model[Symbol.asyncDispose](), home[Symbol.asyncDispose]()]);
			await database.close();
		},
	};
	return loop;
}

async function providerOf(phone: LoopOptions["phone"]): Promise<LoopPhone | undefined> {
	if (phone === "twilio") return smsPhone();
	return phone === "simulator" ? undefined : phone;
}

function serverEnv(port: number, { dataDir }: TestDatabase, variables: Record<string, string> = {}) {
	return readEnv({ PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: "error", ...variables });
}

function phoneOf(server: RunningServer) {
	if (server.deps.phone === undefined) throw new Error("this server has no phone simulator");
	return server.deps.phone;
}

/** Pairs a phone by the two commands. */
export async function pair({ phone, print }: Pick<Loop, "phone" | "print">): Promise<void> {
	const asked = await print(`/notify-setup ${phone.setup}`);
	if (!asked.stdout.includes("/notify-pair")) throw new Error(`setup said: ${asked.stdout}${asked.stderr}`);
	await phone.follow?.(asked.stdout);
	const code = codeIn(await phone.waitFor(/\d{6}/));
	const paired = await print(`/notify-pair ${code}`);
	if (!/paired/i.test(paired.stdout)) throw new Error(`pair said: ${paired.stdout}${paired.stderr}`);
}

/** The pairing code in a text message. */
export function codeIn(text: string): string {
	return /\b(\d{6})\b/.exec(text)?.[1] ?? "";
}
