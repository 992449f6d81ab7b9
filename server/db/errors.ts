import { DrizzleQueryError } from "drizzle-orm";

/** The SQLSTATE of a failed statement, wherever the driver put it; undefined when the database did not refuse. */
export function sqlState(error: unknown): string | undefined {
	for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
		if ("code" in at && typeof at.code === "string" && /^[0-9A-Z]{5}$/.test(at.code)) return at.code;
	}
	return undefined;
}

export const uniqueViolation = "23505";
const passing: ReadonlySet<string> = new Set(["40P01", "40001"]);

/** Runs a statement again when it lost a deadlock: it was rolled back whole and the winner is done. */
export async function retryDeadlock<T>(work: () => Promise<T>, tries = 3): Promise<T> {
	for (let left = tries; ; left--) {
		try {
			return await work();
		} catch (error) {
			if (left <= 1 || !passing.has(sqlState(error) ?? "")) throw error;
		}
	}
}

/** PostgreSQL's classes 08 (connection), 57P (shutdown) and 53300 (no connection left), and the sockets' own codes. */
const lostCodes =
	/^(08\w{3}|57P0\d|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** What node-postgres says without a code. */
const lostWords = /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/;

/** True when the database could not be reached or went away, wherever the driver put it: the same statement may go well later. */
export function isConnectionLoss(error: unknown): boolean {
	for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
		const code = "code" in at && typeof at.code === "string" ? at.code : undefined;
		// What has a code, and drizzle's own error, can quote a person's words.
		const quotes = code !== undefined || at instanceof DrizzleQueryError;
		if (lostCodes.test(code ?? "") || (!quotes && lostWords.test(at.message))) return true;
	}
	return false;
}

/** What went wrong in one line for the log. A failed query's own message holds the statement's values, which can be a person's words: its cause says what the database said. */
export function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return "a value that is no error was thrown";
	if (!(error instanceof DrizzleQueryError)) return error.message;
	return error.cause instanceof Error ? error.cause.message : "a query failed";
}

/** The same with its stack, for bugs. */
export function stackOf(error: unknown): string {
	if (!(error instanceof Error)) return reasonOf(error);
	const shown = error instanceof DrizzleQueryError ? `Failed query: ${error.query}` : error.message;
	const stack = (error.stack ?? error.message).replace(error.message, () => shown);
	return error.cause instanceof Error ? `${stack}\ncaused by ${stackOf(error.cause)}` : stack;
}
