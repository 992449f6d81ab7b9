import type { AppDeps } from "../../server/app-deps.ts";
import { createHttpLimits, type HttpLimits } from "../../server/auth/http-limits.ts";
import { readEnv } from "../../server/env.ts";
import { startServer } from "../../server/start.ts";
import type { TestDatabase } from "./database.ts";
import type { TwilioEmulator } from "./twilio-emulator.ts";
import { twilioVariables } from "./twilio-wire.ts";

export interface AuthServerOptions {
	database: TestDatabase;
	/** Without it SMS goes to the phone simulator. */
	twilio?: TwilioEmulator;
	/** Without them: none that a test reaches. */
	limits?: HttpLimits;
	/** The clock of tokens. */
	now?: () => Date;
	trustedProxies?: number;
}

export interface AuthServer extends AsyncDisposable {
	url: URL;
	deps: AppDeps;
	/** Every line as the code wrote it, before the log's own scrubbing. */
	logged: string[];
}

/** The real server on a port of its own, for the suites of the login. */
export async function startAuthServer(options: AuthServerOptions): Promise<AuthServer> {
	const { database, twilio, now } = options;
	const logged: string[] = [];
	const note = (fields: object, message: string) => void logged.push(`${JSON.stringify(fields)} ${message}\n`);
	const credentials = twilio === undefined ? {} : twilioVariables(twilio);
	const server = await startServer({
		env: readEnv({
			PORT: "0",
			DATA_DIR: database.dataDir,
			TRUSTED_PROXIES: String(options.trustedProxies ?? 0),
			...credentials,
		}),
		database,
		log: { debug: note, info: note, warn: note, error: note },
		limits: options.limits ?? createHttpLimits({ requestsPerMinute: 1_000_000, codeSendsPerDay: 1_000_000 }),
		...(now === undefined ? {} : { now }),
	});
	return { url: server.url, deps: server.deps, logged, [Symbol.asyncDispose]: () => server.close() };
}
