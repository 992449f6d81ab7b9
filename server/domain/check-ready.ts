import { databaseAnswers } from "../db/client.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";

/** A database that does not answer in this time does not answer. */
const patienceMs = 2000;

/** Throws AppError `unavailable` unless the server can take requests now. */
export async function checkReady(deps: Deps, draining: boolean): Promise<void> {
	if (draining) throw new AppError("unavailable", "The server is shutting down.");
	const { promise: late, resolve } = Promise.withResolvers<false>();
	const timer = setTimeout(() => resolve(false), patienceMs);
	const answers = await Promise.race([databaseAnswers(deps.db), late]);
	clearTimeout(timer);
	if (!answers) throw new AppError("unavailable", "The database does not answer.", { retryAfter: 5 });
}
