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
