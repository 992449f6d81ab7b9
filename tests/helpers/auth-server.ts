import { randomBytes, randomInt } from "node:crypto";
import { requestId } from "hono/request-id";
import { uuidv7 } from "uuidv7";
import type { AppDeps } from "../../server/app-deps.ts";
import { createAccessTokens } from "../../server/auth/access-token.ts";
import { requireUser } from "../../server/auth/bearer.ts";
import { createHttpLimits, type HttpLimits, limitByAddress } from "../../server/auth/http-limits.ts";
import { loadKeys } from "../../server/auth/keys.ts";
import { createVault } from "../../server/auth/vault.ts";
import { createChannels } from "../../server/channels/index.ts";
import { answerError, createRouter } from "../../server/http.ts";
import { createInboxBus } from "../../server/inbox-bus.ts";
import { closeServer, listen } from "../../server/listen.ts";
import { createLog } from "../../server/log.ts";
import { loginPages } from "../../server/pages/login.tsx";
import { authRoutes } from "../../server/routes/auth.ts";
import { SimulatorPhone } from "../../server/simulator-phone.ts";
import type { TestDatabase } from "./database.ts";
import type { TwilioEmulator } from "./twilio-emulator.ts";

export interface AuthServerOptions {
	database: TestDatabase;
	twilio?: TwilioEmulator;
	limits?: HttpLimits;
	now?: () => Date;
	trustedProxies?: number;
}
export interface AuthServer extends AsyncDisposable {
	url: URL;
	deps: AppDeps;
	logged: string[];
}
const generous = () => createHttpLimits({ requestsPerMinute: 100_000, codeSendsPerDay: 100_000 });
export async function startAuthServer(options: AuthServerOptions): Promise<AuthServer> {
	const { database, twilio } = options;
	const logged: string[] = [];
	const log = createLog("debug", { write: (line) => void logged.push(line) });
	const keys = await loadKeys({ dataDir: database.dataDir, jwtPrivateKey: undefined, dataKey: undefined });
	const router = createRouter();
	const { server, url } = await listen({ host: "127.0.0.1", port: 0, fetch: (r, b) => router.fetch(r, b) });
	const now = options.now ?? (() => new Date());
	const phone = new SimulatorPhone();
	const deps: AppDeps = {
		db: database.db,
		now,
		id: uuidv7,
		secret: (bytes) => randomBytes(bytes).toString("base64url"),
		code: () => randomInt(1_000_000).toString().padStart(6, "0"),
		vault: createVault(keys.dataKey),
		channels: createChannels({
			twilio: twilio && {
				accountSid: twilio.accountSid,
				authToken: twilio.authToken,
				phoneNumber: twilio.number,
				baseUrl: new URL(twilio.baseUrl),
			},
			publicUrl: () => url,
			phone,
		}),
		wakeOutbox: () => undefined,
		inboxBus: createInboxBus(database.db, { log }),
		log,
		version: "0",
		publicUrl: url,
		tokens: createAccessTokens({ db: database.db, signing: keys.signing, publicUrl: url, now, id: uuidv7 }),
		limits: options.limits ?? generous(),
		trustedProxies: options.trustedProxies ?? 0,
		smsCountries: ["US", "CA"],
		twilio: undefined,
		phone,
		pluginRoot: undefined,
		draining: () => false,
	};
	router.onError((e, c) => answerError(e, c, log));
	router.use(requestId({ headerName: "" }));
	router.use(limitByAddress(deps));
	router.get("/status", requireUser(deps), (c) => c.json(c.get("user")));
	router.route("/v1", authRoutes(deps));
	router.route("/", authRoutes(deps));
	router.route("/", loginPages(deps));
	return { url, deps, logged, [Symbol.asyncDispose]: () => closeServer(server, 500) };
}
