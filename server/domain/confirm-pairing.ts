import type { Deps } from "./deps.ts";
import { type DeadPairing, guessCode } from "./guess-code.ts";
import { type PagePairing, readPairing } from "./read-pairing.ts";

export type Confirmation =
	| { outcome: "confirmed"; pairing: PagePairing }
	| { outcome: "wrong"; triesLeft: number; pairing: PagePairing }
	| { outcome: "unopened"; pairing: PagePairing }
	| { outcome: Exclude<DeadPairing, "unknown" | "unopened">; pairing: PagePairing }
	| { outcome: "unknown" };

/** The hosted page took a code. It yields no token: only whoever holds the PKCE verifier gets one, at /auth/exchange. */
export async function confirmPairing(deps: Deps, tempToken: string, code: string): Promise<Confirmation> {
	const pairing = await readPairing(deps, tempToken);
	if (pairing === undefined) return { outcome: "unknown" };
	const guess = await guessCode(deps.db, deps, tempToken, code);
	if (guess.outcome === "unknown") return { outcome: "unknown" };
	if (guess.outcome === "right") return { outcome: "confirmed", pairing };
	if (guess.outcome === "unopened" || guess.outcome === "wrong") return { ...guess, pairing };
	return { outcome: guess.outcome, pairing };
}
