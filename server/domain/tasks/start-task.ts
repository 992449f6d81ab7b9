import { and, eq, isNull } from "drizzle-orm";
import type { ChannelName } from "../../../src/contract/channels.ts";
import { maskSecrets } from "../../../src/contract/mask-secrets.ts";
import type { StartTask } from "../../../src/contract/tasks.ts";
import { identities, sessions, tasks } from "../../db/schema.ts";
import { AppError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { plainLine } from "../plain-text.ts";
import type { Machine } from "./command-line-session.ts";

/** Records that a command runs. The same id again changes nothing; another user's id, session or an unknown channel is refused. */
export async function startTask(deps: Deps, { userId, deviceId }: Machine, input: StartTask): Promise<{ id: string }> {
	refuseUnknownChannels(deps, input.channels);
	if (input.session_id !== undefined) await refuseForeignSession(deps, userId, input.session_id);
	const id = input.id ?? deps.id();
	const channels = input.notify_user === undefined ? input.channels : [await ownChannel(deps, userId, input)];
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
			notifyOn: [...new Set([input.notify_on].flat())].join(","),
			channels: channels ?? null,
		})
		.onConflictDoNothing();
	const [stored] = await deps.db.select({ userId: tasks.userId }).from(tasks).where(eq(tasks.id, id));
	if (stored?.userId !== userId) throw new AppError("conflict", "This id belongs to another task.");
	return { id };
}

/** The channel of one of the user's own, confirmed addresses: nobody else is ever told. */
async function ownChannel(deps: Deps, userId: string, { notify_user, channels }: StartTask): Promise<ChannelName> {
	const wanted = (notify_user ?? "").trim().toLowerCase();
	const rows = await deps.db
		.select({ channel: identities.channel, label: identities.label, addressSealed: identities.addressSealed })
		.from(identities)
		.where(and(eq(identities.userId, userId), isNull(identities.removedAt)));
	const own = rows.find(({ channel, label, addressSealed }) => {
		const names = [channel, label, deps.vault.open(addressSealed)].map((name) => name.toLowerCase());
		return names.includes(wanted) && channels?.includes(channel) !== false;
	});
	if (own === undefined) {
		throw new AppError(
			"invalid_request",
			"notify_user: this is none of your own channels; /notify-channels lists them",
		);
	}
	return own.channel;
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
