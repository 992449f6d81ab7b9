import { createHttpLimits } from "../../server/auth/http-limits.ts";
import { readEnv } from "../../server/env.ts";
import { type RunningServer, startServer } from "../../server/start.ts";
import { tokens } from "../../src/contract/auth.ts";
import { channelList, type UserChannel } from "../../src/contract/sessions.ts";
import type { TestDatabase } from "./database.ts";
import { challengeOf, codeIn, fingerprintOf, post, secret, withToken } from "./login.ts";

export type Headers = Record<string, string>;

/** A pairing that waits for its exchange. */
export interface Waiting {
	body: object;
	machine: string;
}

/** The server of `npm start` with every channel simulated, and people who pair several of them. */
export interface ChannelsWorld extends AsyncDisposable {
	server: RunningServer;
	/** Asks for a code and reads it from the simulated phone; the exchange is the caller's. */
	begin(contact: string, machine?: string): Promise<Waiting>;
	exchange(waiting: Waiting, headers?: Headers): ReturnType<typeof post>;
	/** The whole pairing; with the headers of a login the address is added to its user. Gives the new login's headers. */
	pair(contact: string, options?: { machine?: string; as?: Headers }): Promise<Headers>;
	channels(headers: Headers): Promise<UserChannel[]>;
	call(method: string, path: string, headers: Headers, body?: unknown): Promise<{ status: number; body: unknown }>;
}

const silent = () => undefined;

export async function channelsWorld(database: TestDatabase): Promise<ChannelsWorld> {
	const server = await startServer({
		env: readEnv({ PORT: "0", DATA_DIR: database.dataDir }),
		database,
		log: { debug: silent, info: silent, warn: silent, error: silent },
		limits: createHttpLimits({ requestsPerMinute: 1_000_000, codeSendsPerDay: 1_000_000 }),
	});
	const messages = () => server.deps.phone?.messages ?? [];
	async function call(method: string, path: string, headers: Headers, body?: unknown) {
		const answer = await fetch(new URL(path, server.url), {
			method,
			headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		return { status: answer.status, body: (await answer.json()) as unknown };
	}
	const world: ChannelsWorld = {
		server,
		call,
		async begin(contact, machine = "laptop") {
			const verifier = secret();
			const asked = { mode: "remote", address: contact, state: secret(24), code_challenge: challengeOf(verifier) };
			const begun = await post(server.url, "/v1/login", asked);
			if (begun.status !== 200) throw new Error(`POST /login answered ${begun.status} ${JSON.stringify(begun.body)}`);
			const device = { name: machine, fingerprint: fingerprintOf(machine) };
			const code = codeIn(messages().at(-1)?.text ?? "");
			const body = { temp_token: begun.body["temp_token"], pairing_code: code, code_verifier: verifier, device };
			return { body, machine };
		},
		exchange: ({ body }, headers = {}) => post(server.url, "/v1/auth/exchange", body, headers),
		async pair(contact, { machine = "laptop", as = {} } = {}) {
			const answer = await world.exchange(await world.begin(contact, machine), as);
			if (answer.status !== 200) throw new Error(`the exchange answered ${JSON.stringify(answer.body)}`);
			return withToken(tokens.parse(answer.body).access_token, fingerprintOf(machine));
		},
		async channels(headers) {
			return channelList.parse((await call("GET", "/v1/status", headers)).body).channels;
		},
		[Symbol.asyncDispose]: () => server.close(),
	};
	return world;
}
