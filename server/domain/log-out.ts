import { writeAudit } from "./audit.ts";
import type { Deps } from "./deps.ts";
import { revokeDevice } from "./end-login.ts";

/** Logs the calling machine out. What it has not yet sent or read stays with the user, not with the machine. */
export async function logOut(
	deps: Deps,
	caller: { userId: string; deviceId: string },
): Promise<{ revoked: boolean; sessionsCleared: number }> {
	const { revoked, sessions } = await deps.db.transaction(async (tx) => {
		const result = await revokeDevice(tx, caller.deviceId, "logout");
		await writeAudit(tx, deps, {
			userId: caller.userId,
			actor: { device: caller.deviceId },
			action: "logout",
			outcome: "done",
			why: `Logged out; ${result.sessions.length} sessions ended with it.`,
		});
		return result;
	});
	for (const id of sessions) deps.inboxBus.notify(id);
	return { revoked, sessionsCleared: sessions.length };
}
