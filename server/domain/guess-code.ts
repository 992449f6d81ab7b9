import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../db/client.ts";
import type { Deps } from "./deps.ts";
import { maxTries } from "./pairing-rules.ts";
import { codeMac, tempTokenHash } from "./secrets.ts";

/** Why a pairing takes no code: `unopened` is one whose link nobody has opened yet. */
export type DeadPairing = "burnt" | "expired" | "used" | "unknown" | "unopened";
export type Guess = { outcome: "right" } | { outcome: "wrong"; triesLeft: number } | { outcome: DeadPairing };

/** Compares and counts in one statement: of a thousand guesses at once, five are compared. The right one confirms the pairing. */
export async function guessCode(
	tx: Pick<Db, "execute">,
	deps: Pick<Deps, "vault">,
	tempToken: string,
	code: string,
): Promise<Guess> {
	const hash = tempTokenHash(deps, tempToken);
	const mac = codeMac(deps, hash, code);
	const [compared] = await rowsOf(
		tx,
		z.object({ correct: z.boolean(), tries: z.int() }),
		sql`update pairings set
				tries = tries + case when code_mac = ${mac} then 0 else 1 end,
				confirmed_at = case when code_mac = ${mac} then coalesce(confirmed_at, now()) else confirmed_at end
			where temp_token_hash = ${hash} and used_at is null and expires_at > now() and tries < ${maxTries}
				and code_mac is not null
			returning code_mac = ${mac} as correct, tries`,
	);
	if (compared === undefined) return { outcome: await whyDead(tx, hash) };
	if (compared.correct) return { outcome: "right" };
	const triesLeft = maxTries - compared.tries;
	return triesLeft > 0 ? { outcome: "wrong", triesLeft } : { outcome: "burnt" };
}

/** Why a pairing takes no code any more. */
export async function whyDead(tx: Pick<Db, "execute">, hash: string): Promise<DeadPairing> {
	const [found] = await rowsOf(
		tx,
		z.object({ used: z.boolean(), expired: z.boolean(), unopened: z.boolean() }),
		sql`select used_at is not null as used, expires_at <= now() as expired, code_mac is null as unopened
			from pairings where temp_token_hash = ${hash}`,
	);
	if (found === undefined) return "unknown";
	if (found.used) return "used";
	if (found.expired) return "expired";
	return found.unopened ? "unopened" : "burnt";
}
