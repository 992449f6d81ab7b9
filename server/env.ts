import { isIP } from "node:net";
import { z } from "zod";
import { e164 } from "../src/contract/channels.ts";

/** The server's whole configuration. Read once, in main; nothing else reads `process.env`. */
export interface Env {
	/** 0 takes any free port. */
	port: number;
	host: string;
	/** Undefined: `http://HOST:PORT`, known once the server listens. */
	publicUrl: URL | undefined;
	/** Undefined: the embedded PGlite in `dataDir`. */
	databaseUrl: string | undefined;
	dataDir: string;
	production: boolean;
	logLevel: LogLevel;
	/** Undefined: SMS go to the phone simulator. */
	twilio: TwilioEnv | undefined;
	/** ISO 3166-1 countries that codes may be sent to by SMS, against toll fraud. */
	smsCountries: readonly string[];
	/** Undefined: made once and kept in `dataDir`. */
	jwtPrivateKey: string | undefined;
	dataKey: string | undefined;
	trustedProxies: number;
}

export interface TwilioEnv {
	accountSid: string;
	authToken: string;
	phoneNumber: string;
	/** Only for tests and proxies; undefined is Twilio itself. */
	baseUrl: URL | undefined;
}

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

type Source = Readonly<Record<string, string | undefined>>;

const url = z.string().transform((value, context) => {
	if (URL.canParse(value)) return new URL(value);
	context.issues.push({ code: "custom", message: "must be a URL", input: "" });
	return z.NEVER;
});

const publicUrl = url
	.refine(({ protocol, hostname }) => protocol === "https:" || (protocol === "http:" && isLoopback(hostname)), {
		message: "must be https (plain http only for 127.0.0.1, [::1] or localhost)",
	})
	.refine((value) => value.href === `${value.origin}/`, {
		message: "must be an origin only, like https://notify.example.com",
	});

const schema = z.object({
	PORT: z.coerce.number({ error: "must be a port number" }).int().min(0).max(65_535).default(8787),
	HOST: z.string().default("127.0.0.1"),
	PUBLIC_URL: publicUrl.optional(),
	DATABASE_URL: z
		.string()
		.refine((value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol), {
			message: "must be a postgres:// URL",
		})
		.optional(),
	DATA_DIR: z.string().default(".data"),
	NODE_ENV: z.string().default("development"),
	LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(", ")}` }).default("info"),
	TWILIO_ACCOUNT_SID: z
		.string()
		.regex(/^AC[0-9a-fA-F]{32}$/, { error: "must be AC and 32 hex digits" })
		.optional(),
	TWILIO_AUTH_TOKEN: z.string().min(16, { error: "is too short to be an auth token" }).optional(),
	TWILIO_PHONE_NUMBER: z.string().regex(e164, { error: "must be a number like +15551234567" }).optional(),
	TWILIO_BASE_URL: url.optional(),
	SMS_COUNTRIES: z
		.string()
		.transform((value) => value.split(",").map((country) => country.trim().toUpperCase()))
		.pipe(z.array(z.string().regex(/^[A-Z]{2}$/, { error: "must be two-letter countries, like US,CA" })))
		.default(["US", "CA"]),
	JWT_PRIVATE_KEY: z.string().optional(),
	DATA_KEY: z.string().optional(),
	TRUSTED_PROXIES: z.coerce.number({ error: "must be a number" }).int().min(0).max(10).default(0),
});

/** Throws one Error that lists every problem and holds no value, since a value may be a secret. */
export function readEnv(source: Source): Env {
	// An empty variable is how compose files and shells say "not set".
	const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ""));
	const parsed = schema.safeParse(given);
	const problems = [
		...(parsed.error?.issues ?? []).map(({ path, message }) => `${path[0]?.toString() ?? ""}: ${message}`),
		...twilioProblems(given),
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
		dataDir: values.DATA_DIR,
		production: values.NODE_ENV === "production",
		logLevel: values.LOG_LEVEL,
		twilio: twilioOf(values),
		smsCountries: values.SMS_COUNTRIES,
		jwtPrivateKey: values.JWT_PRIVATE_KEY,
		dataKey: values.DATA_KEY,
		trustedProxies: values.TRUSTED_PROXIES,
	};
}

function twilioOf(values: z.infer<typeof schema>): TwilioEnv | undefined {
	const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER, TWILIO_BASE_URL } = values;
	if (TWILIO_ACCOUNT_SID === undefined || TWILIO_AUTH_TOKEN === undefined || TWILIO_PHONE_NUMBER === undefined) {
		return undefined;
	}
	return {
		accountSid: TWILIO_ACCOUNT_SID,
		authToken: TWILIO_AUTH_TOKEN,
		phoneNumber: TWILIO_PHONE_NUMBER,
		baseUrl: TWILIO_BASE_URL,
	};
}

const twilioNames = ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER"] as const;

function twilioProblems(given: Source): string[] {
	const missing = twilioNames.filter((name) => given[name] === undefined);
	const problems =
		missing.length === 0 || missing.length === twilioNames.length
			? []
			: missing.map((name) => `${name}: is missing, and SMS needs all of ${twilioNames.join(", ")}`);
	const base = given["TWILIO_BASE_URL"];
	if (base !== undefined && URL.canParse(base) && !baseUrlAllowed(new URL(base), "twilio.com", given)) {
		problems.push("TWILIO_BASE_URL: must be https on twilio.com (or 127.0.0.1 or [::1] outside production)");
	}
	return problems;
}

/** Any other address would hand the provider's credentials to whoever owns it. */
function baseUrlAllowed(base: URL, domain: string, given: Source): boolean {
	const { hostname } = base;
	if (base.username !== "" || base.password !== "") return false;
	if (base.protocol === "https:" && (hostname === domain || hostname.endsWith(`.${domain}`))) return true;
	return given["NODE_ENV"] !== "production" && /^https?:$/.test(base.protocol) && isLoopbackAddress(hostname);
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

function isLoopbackAddress(hostname: string): boolean {
	const bare = hostname.replace(/^\[|\]$/g, "");
	return (isIP(bare) === 4 && bare.startsWith("127.")) || bare === "::1";
}

/** True for a name or address that only this machine can reach. */
export function isLoopback(hostname: string): boolean {
	return hostname === "localhost" || isLoopbackAddress(hostname);
}
