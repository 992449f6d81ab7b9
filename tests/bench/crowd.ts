import { devices, identities, sessions, users } from "../../server/db/schema.ts";
import type { EventSession } from "../../server/domain/accept-event.ts";
import type { Deps } from "../../server/domain/deps.ts";
import { readPolicy } from "../../server/domain/policy-row.ts";
import { sessionTokenHash } from "../../server/domain/secrets.ts";
import type { ChannelName } from "../../src/contract/channels.ts";

export interface Member {
	session: EventSession;
	token: string;
}

export interface CrowdOptions {
	count: number;
	channel: ChannelName;
	settings?: Record<string, number>;
}

/** So many users, each with one address and one live session. */
export async function crowd(deps: Deps, { count, channel, settings = {} }: CrowdOptions): Promise<Member[]> {
	const members = Array.from({ length: count }, (_, n) => {
		const [userId, deviceId, id] = [deps.id(), deps.id(), deps.id()];
		return { userId, deviceId, id, token: deps.secret(32), address: `+1555${String(n).padStart(7, "0")}` };
	});
	for (let at = 0; at < count; at += 500) {
		const some = members.slice(at, at + 500);
		await deps.db.insert(users).values(some.map(({ userId }) => ({ id: userId, settings })));
		await deps.db
			.insert(devices)
			.values(some.map(({ userId, deviceId }) => ({ id: deviceId, userId, name: "laptop", fingerprintHash: "none" })));
		await deps.db.insert(identities).values(
			some.map(({ userId, address }) => ({
				id: deps.id(),
				userId,
				channel,
				addressSealed: deps.vault.seal(address),
				addressMac: deps.vault.mac("address", address),
				label: `+1***${address.slice(-4)}`,
			})),
		);
		await deps.db.insert(sessions).values(
			some.map(({ userId, deviceId, id, token }) => ({
				id,
				userId,
				deviceId,
				agent: "claude-code" as const,
				agentSessionId: id,
				handle: "b",
				description: "migrate billing",
				folder: "/work/api",
				hostname: "laptop",
				tokenHash: sessionTokenHash(deps, token),
				monitoringId: deps.id(),
				heartbeatIntervalMs: 3_600_000,
				inactivityThresholdMs: 86_400_000,
			})),
		);
	}
	// The planner is to know what is there, as on a server that has been up for a minute.
	await deps.db.execute("analyze");
	const [first] = members;
	if (first === undefined) return [];
	const policy = await readPolicy(deps.db, first.id);
	return members.map(({ id, userId, token }) => ({ token, session: { id, userId, policy } }));
}
