import { describe, expect, it } from "vitest";
import { readEnv } from "./env.ts";

const twilio = {
	TWILIO_ACCOUNT_SID: `AC${"0".repeat(32)}`,
	TWILIO_AUTH_TOKEN: "f".repeat(32),
	TWILIO_PHONE_NUMBER: "+15005550006",
};

function problemsOf(source: Record<string, string>): string {
	try {
		readEnv(source);
	} catch (error) {
		return error instanceof Error ? error.message : "";
	}
	return "";
}

describe("readEnv", () => {
	it("needs nothing: a fresh clone listens on loopback with the embedded database", () => {
		expect(readEnv({})).toMatchObject({
			port: 8787,
			host: "127.0.0.1",
			publicUrl: undefined,
			databaseUrl: undefined,
			dataDir: ".data",
			production: false,
			logLevel: "info",
			channels: new Map(),
			trustedProxies: 0,
		});
	});

	it("takes an empty variable for one that is not set", () => {
		expect(readEnv({ PORT: "", TWILIO_AUTH_TOKEN: "", PUBLIC_URL: "" }).port).toBe(8787);
	});

	it("lists every problem at once and names the variables", () => {
		const problems = problemsOf({ PORT: "http", DATABASE_URL: "mysql://x", LOG_LEVEL: "loud", PUBLIC_URL: "notify" });
		for (const name of ["PORT", "DATABASE_URL", "LOG_LEVEL", "PUBLIC_URL"]) expect(problems).toContain(`${name}: `);
	});

	it("wants keys that outlive the machine in production with a database elsewhere, and says how to make them", () => {
		const elsewhere = { NODE_ENV: "production", DATABASE_URL: "postgres://db.example/notify" };
		const problems = problemsOf(elsewhere);
		expect(problems).toContain("JWT_PRIVATE_KEY: is missing");
		expect(problems).toContain("openssl rand -base64 32");
		expect(problemsOf({ ...elsewhere, NODE_ENV: "development" })).toBe("");
		expect(problemsOf({ ...elsewhere, JWT_PRIVATE_KEY: "given", DATA_KEY: "given" })).toBe("");
	});

	it("shows no value in a problem, since it may be a secret", () => {
		const problems = problemsOf({
			...twilio,
			DATABASE_URL: "mysql://user:hunter2@db",
			TWILIO_AUTH_TOKEN: "short-one",
			TWILIO_BASE_URL: "https://user:hunter3@evil.example",
		});
		expect(problems).toContain("TWILIO_AUTH_TOKEN");
		expect(problems).not.toMatch(/hunter|short-one/);
	});

	it.each(Object.keys(twilio))("names %s when the other two of Twilio's are there", (missing) => {
		const { [missing as keyof typeof twilio]: _, ...rest } = twilio;
		expect(problemsOf(rest)).toContain(`${missing}: is missing`);
	});

	it.each([
		["https://api.twilio.com", "production", true],
		["https://api.dublin.ie1.twilio.com", "production", true],
		["http://127.0.0.1:4010", "development", true],
		["http://[::1]:4010", "development", true],
		["http://127.0.0.1:4010", "production", false],
		["http://localhost:4010", "development", false],
		["http://api.twilio.com", "development", false],
		["https://api.twilio.com.evil.example", "development", false],
		["https://eviltwilio.com", "development", false],
		["https://x@api.twilio.com", "development", false],
		["http://127.0.0.1.evil.example", "development", false],
	])("gives Twilio's credentials to %s in %s: %s", (base, mode, allowed) => {
		const problems = problemsOf({ ...twilio, TWILIO_BASE_URL: base, NODE_ENV: mode });
		expect(problems.includes("TWILIO_BASE_URL")).toBe(!allowed);
	});

	it.each([
		["https://notify.example.com", true],
		["http://127.0.0.1:9000", true],
		["http://localhost:9000", true],
		["http://notify.example.com", false],
		["https://notify.example.com/path", false],
		["https://notify.example.com/?x=1", false],
		["https://user@notify.example.com", false],
		["ftp://notify.example.com", false],
	])("takes %s as PUBLIC_URL: %s", (url, allowed) => {
		expect(problemsOf({ PUBLIC_URL: url }) === "").toBe(allowed);
	});

	it("wants PUBLIC_URL when the server listens beyond loopback", () => {
		expect(problemsOf({ HOST: "0.0.0.0" })).toContain("PUBLIC_URL: is missing");
		expect(problemsOf({ HOST: "0.0.0.0", PUBLIC_URL: "https://notify.example.com" })).toBe("");
		expect(problemsOf({ HOST: "::1" })).toBe("");
	});

	it("reads the country list in any case and refuses what is no country code", () => {
		expect(readEnv({ SMS_COUNTRIES: "us, de" }).smsCountries).toEqual(["US", "DE"]);
		expect(problemsOf({ SMS_COUNTRIES: "US,Germany" })).toContain("SMS_COUNTRIES");
	});
});
