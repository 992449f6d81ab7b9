import { pino } from "pino";
import type { Log } from "./domain/deps.ts";
import type { LogLevel } from "./env.ts";

/** Where the lines go; stderr in production, so that stdout stays free. */
export interface LogDestination {
	write(line: string): void;
}

/** Structured JSON lines. Secrets and full numbers are taken out of the finished line, whichever field they came in by. */
export function createLog(level: LogLevel, destination?: LogDestination): Log {
	return pino(
		{
			level,
			base: null,
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (label) => ({ level: label }) },
			hooks: { streamWrite: scrub },
		},
		// One write at a time, of all that came meanwhile; what is left at the end of the process is written then.
		destination ?? pino.destination({ dest: 2, sync: false }),
	);
}

const phoneNumber = /(\+|%2B)([1-9])\d{3,10}(\d{4})(?!\d)/gi;
const credential = /\b(Bearer|Basic) [\w~+/.=-]{8,}/gi;
const jwt = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;
const secretField =
	/("[^"]*(?:token|secret|password|authorization|code_verifier|pairing_code)[^"]*":)"(?:[^"\\]|\\.)*"/gi;
const passwordInUrl = /(\w+:\/\/[^\s:/@"]*:)[^\s/@"]+@/g;

/** A safety net, not the rule: callers do not log these in the first place. */
function scrub(line: string): string {
	return line
		.replace(secretField, '$1"[redacted]"')
		.replace(jwt, "[redacted]")
		.replace(credential, "$1 [redacted]")
		.replace(passwordInUrl, "$1[redacted]@")
		.replace(phoneNumber, "$1$2***$3");
}
