import { randomUUID } from "node:crypto";
import { ApiClient } from "../../src/api-client.ts";
import type { DeliveryWay, InboxMessage } from "../../src/contract/inbox.ts";
import { Inbox, type InboxOptions } from "../../src/inbox/inbox.ts";
import type { SessionWays } from "../../src/inbox/ways.ts";
import { createLog } from "../../src/log.ts";
import { startInboxSocket } from "./inbox-socket.ts";
import type { ScriptedServer } from "./scripted-server.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

/** A session with an inbox socket of its own, and the companion's side of it. */
export async function startInbox(
	server: ScriptedServer,
	{
		hasSocket = true,
		resumed = false,
		ways = {},
		resume,
		lost = [],
		isWritten = () => true,
	}: {
		hasSocket?: boolean;
		resumed?: boolean | "restarted";
		ways?: Partial<SessionWays>;
		resume?: InboxOptions["resume"];
		/** Given before, and not in the conversation. */
		lost?: InboxMessage[];
		/** Whether the conversation holds what was given. */
		isWritten?: () => boolean;
	} = {},
) {
	const folder = await temporaryFolder();
	const client = await startInboxSocket(folder.path);
	const given = new Map<string, DeliveryWay>();
	let gone = 0;
	const inbox = new Inbox({
		api: new ApiClient({ server: server.url, fingerprint: "f".repeat(64) }),
		session: { session_id: randomUUID(), session_token: "session-token" },
		log: createLog("error", () => undefined),
		ways: {
			socket: hasSocket ? client.socket : undefined,
			refused: () => false,
			channel: undefined,
			doorbell: undefined,
			...ways,
		},
		given: {
			via: (ref) => given.get(ref),
			add: (ref, via) => void given.set(ref, via),
			afterKill: () => lost,
			look: () => undefined,
			met: () => undefined,
			gaveSince: () => false,
			isWritten,
			missedBefore: () => [],
		},
		resume: resume ?? (() => Promise.resolve({ state: "refused" as const })),
		onGone: () => gone++,
	});
	inbox.start({ resumed });
	return {
		inbox,
		client,
		given,
		gone: () => gone,
		async [Symbol.asyncDispose]() {
			inbox.close();
			await client[Symbol.asyncDispose]();
			await folder[Symbol.asyncDispose]();
		},
	};
}

/** Waits until so many texts stand in line for the session. */
export const inLine = (client: { texts: string[] }, count = 1) =>
	until(
		() => client.texts.length >= count,
		// A server that was away is asked again after some seconds.
		15_000,
		() => `${client.texts.length} texts in line`,
	);
