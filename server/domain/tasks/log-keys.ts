import { and, eq, ne } from "drizzle-orm";
import { logKeys } from "../../db/schema.ts";
import { AppError } from "../../errors.ts";
import type { Deps } from "../deps.ts";

type KeyDeps = Pick<Deps, "db" | "logVault" | "log">;

/** The 32 bytes that a user's logs are encrypted with: theirs alone, made with their first log. */
export async function logKeyOf(deps: KeyDeps & Pick<Deps, "secret">, userId: string): Promise<Uint8Array> {
	const { db, logVault } = deps;
	const find = () => db.select().from(logKeys).where(eq(logKeys.userId, userId));
	let [row] = await find();
	if (row === undefined) {
		const wrapped = logVault.wrap(userId, Buffer.from(deps.secret(32), "base64url"));
		// Of two first logs at the same moment one makes the key.
		await db.insert(logKeys).values({ userId, wrapped, wrappedBy: logVault.current }).onConflictDoNothing();
		[row] = await find();
	}
	if (row === undefined) throw new Error("The key of a user's logs is not stored.");
	const key = logVault.unwrap(userId, row.wrapped, row.wrappedBy);
	if (key !== undefined) return key;
	sayMissing(deps, row.wrappedBy);
	throw new AppError("unavailable", "The server lacks the key of your logs. Tell whoever runs it; its log says more.");
}

/** So many are rewrapped in one go. */
const batch = 200;

/**
 * Wraps every user's key by the newest master key, so that older ones can be taken away; the logs themselves stay as they are.
 * Returns how many still hang on a master key that this server does not have. Safe on several instances at once.
 */
export async function rewrapLogKeys(deps: KeyDeps): Promise<{ rewrapped: number; missing: number }> {
	const { db, logVault } = deps;
	const old = await db.select().from(logKeys).where(ne(logKeys.wrappedBy, logVault.current)).limit(batch);
	let rewrapped = 0;
	const missing = new Set<string>();
	for (const { userId, wrapped, wrappedBy } of old) {
		const key = logVault.unwrap(userId, wrapped, wrappedBy);
		if (key === undefined) {
			missing.add(wrappedBy);
			continue;
		}
		await db
			.update(logKeys)
			.set({ wrapped: logVault.wrap(userId, key), wrappedBy: logVault.current })
			.where(and(eq(logKeys.userId, userId), eq(logKeys.wrapped, wrapped)));
		rewrapped += 1;
	}
	for (const name of missing) sayMissing(deps, name);
	if (rewrapped > 0) deps.log.info({ rewrapped }, "keys of logs were encrypted with the newest master key");
	return { rewrapped, missing: missing.size };
}

function sayMissing({ log }: Pick<Deps, "log">, key: string): void {
	log.error({ key }, "logs cannot be read: TASK_LOG_KEYS lacks a key that it had. Add it again, after the newest");
}
