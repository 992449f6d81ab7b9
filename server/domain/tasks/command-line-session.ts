import { and, eq } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { sessions } from "../../db/schema.ts";
import type { Deps } from "../deps.ts";
import { sessionTokenHash } from "../secrets.ts";

/** A login of the user on a device. */
export interface Machine {
	userId: string;
	deviceId: string;
}

const agent = "command-line";

/**
 * Where the events of a machine's command line hang, made with the first of them. It has ended from its birth on: nobody watches it,
 * it has no letter, and its token is known to nobody.
 */
export async function commandLineSession(
	tx: Pick<Db, "insert" | "select">,
	deps: Deps,
	{ userId, deviceId }: Machine,
): Promise<{ id: string; userId: string }> {
	const own = and(eq(sessions.userId, userId), eq(sessions.agent, agent), eq(sessions.agentSessionId, deviceId));
	const find = () => tx.select({ id: sessions.id, userId: sessions.userId }).from(sessions).where(own);
	const [known] = await find();
	if (known !== undefined) return known;
	await tx
		.insert(sessions)
		.values({
			id: deps.id(),
			userId,
			deviceId,
			agent,
			agentSessionId: deviceId,
			description: "command line",
			folder: "",
			hostname: "",
			status: "ended",
			tokenHash: sessionTokenHash(deps, deps.secret(32)),
			monitoringId: deps.id(),
			heartbeatIntervalMs: 3_600_000,
			inactivityThresholdMs: 86_400_000,
		})
		.onConflictDoNothing();
	const [made] = await find();
	if (made === undefined) throw new Error("The session of a command line is not stored.");
	return made;
}
