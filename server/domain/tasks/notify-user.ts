import type { Notification, Told } from "../../../src/contract/tasks.ts";
import type { Deps } from "../deps.ts";
import { plainLine } from "../plain-text.ts";
import type { Machine } from "./command-line-session.ts";
import { refuseUnknownChannels } from "./start-task.ts";
import { tellUser } from "./tell-user.ts";

/** A text that a person's script sends to their own channels. */
export async function notifyUser(deps: Deps, machine: Machine, given: Notification): Promise<Told> {
	refuseUnknownChannels(deps, given.channels);
	const told = await deps.db.transaction((tx) =>
		tellUser(tx, deps, machine, {
			id: given.id,
			details: { message: given.text, title: plainLine(given.title ?? given.hostname) || "claude-notify" },
			channels: given.channels ?? null,
		}),
	);
	if (told.outcome === "queued") deps.wakeOutbox();
	return told;
}
