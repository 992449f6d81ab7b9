import { and, eq } from "drizzle-orm";
import type { ChannelName } from "../../../src/contract/channels.ts";
import { maskSecrets } from "../../../src/contract/mask-secrets.ts";
import type { StartTask } from "../../../src/contract/tasks.ts";
import { sessions, tasks } from "../../db/schema.ts";
import { AppError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { plainLine } from "../plain-text.ts";
import type { Machine } from "./command-line-session.ts";

/** Records that a command runs. The same id again changes nothing; another user's id, session or an unknown channel is refused. */
export async function startTask(deps: Deps, { userId, deviceId }: Machine, input: StartTask): Promise<{ id: string }> {
	refuseUnknownChannels(deps, input.channels);
	if (input.session_id !== undefined) await refuseForeignSession(deps, userId, input.session_id);
	const id = input.id ?? deps.id();
	const command = input.cmd === null ? null : maskSecrets(plainLine(input.cmd));
	await deps.db
		.insert(tasks)
		.values({
			id,
			userId,
			deviceId,
			sessionId: input.session_id ?? null,
			title: plainLine(input.title ?? command ?? "") || "command",
			command,
			hostname: input.hostname,
			folder: input.cwd,
			notifyOn: input.notify_on,
			channels: input.channels ?? null,
		})
		.onConflictDoNothing();
	const [stored] = await deps.db.select({ userId: tasks.userId }).from(tasks).where(eq(tasks.id, id));
	if (stored?.userId !== userId) throw new AppError("conflict", "This id belongs to another task.");
	return { id };
}

/** Throws AppError `invalid_request` that names the channels there are. */
export function refuseUnknownChannels({ channels }: Deps, wanted: readonly ChannelName[] | undefined): void {
	const unknown = wanted?.find((name) => !channels.has(name));
	if (unknown === undefined) return;
	const known = [...channels.keys()].join(", ");
	throw new AppError("invalid_request", `channels: this server has no channel ${unknown}; it has ${known}`);
}

async function refuseForeignSession({ db }: Deps, userId: string, id: string): Promise<void> {
	const own = and(eq(sessions.id, id), eq(sessions.userId, userId));
	const [found] = await db.select({ id: sessions.id }).from(sessions).where(own);
	if (found === undefined) throw new AppError("session_not_found", "There is no such session.");
}
