import type { z } from "zod";
import type { EventType } from "../../src/contract/events.ts";
import type { mute, settingsPatch, UserSettings } from "../../src/contract/settings.ts";
import type { Template } from "../../src/contract/templates.ts";
import type { Db } from "../db/client.ts";
import { writeAudit } from "./audit.ts";
import type { Deps } from "./deps.ts";
import { type Muted, muteFor } from "./mute.ts";
import { changeSettings } from "./settings.ts";
import { removeTemplate, saveTemplate } from "./templates.ts";

/* What a user changes from a computer, each written down in the transaction that does it. */

/** A login of the user on a machine. */
interface Caller {
	userId: string;
	deviceId: string;
}

type Tx = Pick<Db, "execute" | "insert">;
type Own = Pick<Deps, "db" | "id" | "channels">;

interface Change<T> {
	action: "settings" | "mute" | "template";
	why: string;
	sessionId?: string | undefined;
	make(tx: Tx): Promise<T>;
}

function audited<T>(deps: Own, { userId, deviceId }: Caller, { make, ...act }: Change<T>): Promise<T> {
	return deps.db.transaction(async (tx) => {
		const made = await make(tx);
		await writeAudit(tx, deps, { ...act, userId, actor: { device: deviceId }, outcome: "done" });
		return made;
	});
}

export function patchSettings(deps: Own, caller: Caller, patch: z.infer<typeof settingsPatch>): Promise<UserSettings> {
	const why = `Changed: ${Object.keys(patch).join(", ")}.`;
	const make = (tx: Tx) => changeSettings({ db: tx, channels: deps.channels }, caller.userId, patch);
	return audited(deps, caller, { action: "settings", why, make });
}

/** Throws AppError `not_found` for a session that is not the user's. */
export function muteFromComputer(deps: Own, caller: Caller, wish: z.infer<typeof mute>): Promise<Muted> {
	const { seconds, session_id: sessionId } = wish;
	const why = seconds === 0 ? "Unmuted." : `Muted for ${Math.ceil(seconds / 60)} minutes.`;
	const make = (tx: Tx) => muteFor({ db: tx }, caller.userId, wish);
	return audited(deps, caller, { action: "mute", why, sessionId, make });
}

/** Null brings the server's own words back. */
export function changeTemplate(deps: Own, caller: Caller, type: EventType, text: string | null): Promise<Template> {
	const why = `${text === null ? "The server's" : "Own"} words for ${type}.`;
	const make = (tx: Tx) =>
		text === null
			? removeTemplate({ db: tx }, caller.userId, type)
			: saveTemplate({ db: tx }, caller.userId, type, text);
	return audited(deps, caller, { action: "template", why, make });
}
