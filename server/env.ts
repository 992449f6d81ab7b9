import { z } from "zod";
import { type ConfiguredChannels, channelEntries, configureChannels } from "./channels/index.ts";
import { isLoopbackAddress, type Source, urlVariable } from "./channels/provider.ts";

/** The server's whole configuration. Read once, in main; nothing else reads `process.env`. */
export interface Env {
	/** 0 takes any free port. */
	port: number;
	host: string;
	/** Undefined: `http://HOST:PORT`, known once the server listens. */
	publicUrl: URL | undefined;
	/** Undefined: the embedded PGlite in `dataDir`. */
	databaseUrl: string | undefined;
	/** The same database past the pooler of `databaseUrl`, where instances can hear each other. */
	databaseDirectUrl: string | undefined;
	dataDir: string;
	production: boolean;
	logLevel: LogLevel;
	/** The channels whose provider's credentials are there. */
	channels: ConfiguredChannels;
	/** ISO 3166-1 countries that codes may be sent to by SMS, against toll fraud. */
	smsCountries: readonly string[];
	/** Undefined: made once and kept in `dataDir`. */
	jwtPrivateKey: string | undefined;
	dataKey: string | undefined;
	/** Master keys of tasks' logs, each 32 bytes like `dataKey`: the first encrypts, all decrypt. The data key always decrypts, and without others encrypts too. */
	taskLogKeys: readonly string[];
	trustedProxies: number;
	/** Whose users may send replies; undefined: everybody. */
	relayPlans: readonly string[] | undefined;
	/** Whose users may keep the full logs of their commands; undefined: everybody. The last 10 KB are kept for all. */
	fullLogPlans: readonly string[] | undefined;
}

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

const publicUrl = urlVariable
	.refine(({ protocol, hostname }) => protocol === "https:" || (protocol === "http:" && isLoopback(hostname)), {
		message: "must be https (plain http only for 127.0.0.1, [::1] or localhost)",
	})
	.refine((value) => value.href === `${value.origin}/`, {
		message: "must be an origin only, like https://notify.example.com",
	});

const postgresUrl = z
	.string()
	.refine((value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol), {
		message: "must be a postgres:// URL",
	});

const plans = z
	.string()
	.transform((value) => value.split(",").map((plan) => plan.trim().toLowerCase()))
	.pipe(z.array(z.string().regex(/^[a-z][a-z0-9_-]*$/, { error: "must be names of plans, like pro,team" })))
	.optional();

const schema = z.object({
	PORT: z.coerce.number({ error: "must be a port number" }).int().min(0).max(65_535).default(8787),
	HOST: z.string().default("127.0.0.1"),
	PUBLIC_URL: publicUrl.optional(),
	DATABASE_URL: postgresUrl.optional(),
	DATABASE_DIRECT_URL: postgresUrl.optional(),
	DATA_DIR: z.string().default(".data"),
	NODE_ENV: z.string().default("development"),
	LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(", ")}` }).default("info"),
	SMS_COUNTRIES: z
		.string()
		.transform((value) => value.split(",").map((country) => country.trim().toUpperCase()))
		.pipe(z.array(z.string().regex(/^[A-Z]{2}$/, { error: "must be two-letter countries, like US,CA" })))
		.default(["US", "CA"]),
	JWT_PRIVATE_KEY: z.string().optional(),
	DATA_KEY: z.string().optional(),
	RELAY_PLANS: plans,
	FULL_LOG_PLANS: plans,
	TASK_LOG_KEYS: z
		.string()
		.transform((value) => value.split(",").map((key) => key.trim()))
		.default([]),
	TRUSTED_PROXIES: z.coerce.number({ error: "must be a number" }).int().min(0).max(10).default(0),
});

const providers = channelEntries.flatMap((entry) => entry.providers);
const names = new Set([
	...Object.keys(schema.shape),
	...providers.flatMap(({ variables }) => variables.map(({ name }) => name)),
]);

/** Whether the server knows a variable of this name. */
export function isVariable(name: string): boolean {
	return names.has(name);
}

/** Throws one Error that lists every problem and holds no value, since a value may be a secret. */
export function readEnv(source: Source): Env {
	// An empty variable is how compose files and shells say "not set".
	const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ""));
	const parsed = schema.safeParse(given);
	const configured = configureChannels(given);
	const problems = [
		...(parsed.error?.issues ?? []).map(({ path, message }) => `${path[0]?.toString() ?? ""}: ${message}`),
		...configured.problems,
		...addressProblems(given),
		...keyProblems(given),
	];
	if (!parsed.success || problems.length > 0) {
		throw new Error(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
	}
	const values = parsed.data;
	return {
		port: values.PORT,
		host: values.HOST,
		publicUrl: values.PUBLIC_URL,
		databaseUrl: values.DATABASE_URL,
		databaseDirectUrl: values.DATABASE_DIRECT_URL,
		dataDir: values.DATA_DIR,
		production: values.NODE_ENV === "production",
		logLevel: values.LOG_LEVEL,
		channels: configured.channels,
		smsCountries: values.SMS_COUNTRIES,
		jwtPrivateKey: values.JWT_PRIVATE_KEY,
		dataKey: values.DATA_KEY,
		trustedProxies: values.TRUSTED_PROXIES,
		relayPlans: values.RELAY_PLANS,
		fullLogPlans: values.FULL_LOG_PLANS,
		taskLogKeys: values.TASK_LOG_KEYS,
	};
}

function addressProblems(given: Source): string[] {
	const host = given["HOST"];
	if (host === undefined || isLoopback(host) || given["PUBLIC_URL"] !== undefined) return [];
	return ["PUBLIC_URL: is missing, and the world cannot be told where HOST is (set it to the https address)"];
}

const keyMakers = { JWT_PRIVATE_KEY: "openssl genpkey -algorithm ed25519", DATA_KEY: "openssl rand -base64 32" };

/** A key that lives on one machine's disk while the data lives elsewhere is lost with the machine, and every address with it. */
function keyProblems(given: Source): string[] {
	if (given["NODE_ENV"] !== "production" || given["DATABASE_URL"] === undefined) return [];
	const missing = Object.entries(keyMakers).filter(([name]) => given[name] === undefined);
	return missing.map(
		([name, maker]) => `${name}: is missing, and DATABASE_URL outlives this machine (make one: ${maker})`,
	);
}

/** True for a name or address that only this machine can reach. */
export function isLoopback(hostname: string): boolean {
	return hostname === "localhost" || isLoopbackAddress(hostname);
}
