import { sql } from "drizzle-orm";
import { z } from "zod";
import { eventTypes } from "../../src/contract/events.ts";
import {
	limitForm,
	type SettingValue,
	settingOf,
	settings,
	type settingsPatch,
	type UserSettings,
} from "../../src/contract/settings.ts";
import { type Db, rowsOf } from "../db/client.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { settingValue } from "./policy-settings.ts";

type Store = Pick<Deps, "channels"> & { db: Pick<Db, "execute"> };

const stored = z.object({ settings: z.record(z.string(), z.unknown()), time_zone: z.string() });

/** Every setting of the user as it is now. */
export async function readSettings({ db }: Pick<Store, "db">, userId: string): Promise<UserSettings> {
	return shown(await rowsOf(db, stored, sql`select settings, time_zone from users where id = ${userId}`));
}

/** Stores the values given; null brings the default back. What else stands beside them (templates) stays as it is. */
export async function changeSettings(
	{ db, channels }: Store,
	userId: string,
	patch: z.infer<typeof settingsPatch>,
): Promise<UserSettings> {
	const known = ["metered", "free", ...channels.keys()];
	const { time_zone, ...rest } = patch;
	for (const key of Object.keys(rest)) refuseUnknownChannel(key, known);
	const values = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
	const gone = Object.keys(rest).filter((key) => rest[key] === null);
	const zone = time_zone === null ? "UTC" : time_zone;
	return shown(
		await rowsOf(
			db,
			stored,
			// What was held back may be told now, or later: the next look at the digests finds out.
			sql`update users set
				settings = (settings || ${JSON.stringify(values)}::jsonb)
					- array(select jsonb_array_elements_text(${JSON.stringify(gone)}::jsonb)),
				time_zone = coalesce(${zone ?? null}::text, time_zone),
				digest_at = case when digest_at is not null then now() end
				where id = ${userId} returning settings, time_zone`,
		),
	);
}

function refuseUnknownChannel(key: string, known: readonly string[]): void {
	const channel = /^limit\.([^.]*)\./.exec(key)?.[1];
	if (channel === undefined || known.includes(channel)) return;
	throw new AppError(
		"invalid_request",
		`There is no channel ${channel} here. It is ${limitForm}, with one of ${known.join(", ")}; events are ${eventTypes.join(", ")}.`,
	);
}

function shown([row]: z.infer<typeof stored>[]): UserSettings {
	if (row === undefined) throw new AppError("not_found", "There is no such user.");
	const values = { ...row.settings, time_zone: row.time_zone };
	const limits = Object.keys(row.settings).filter((key) => key.startsWith("limit.") && settingOf(key) !== undefined);
	return { settings: [...settings.map(({ key }) => key), ...limits.sort()].map((key) => one(key, values)) };
}

function one(key: string, values: Record<string, unknown>): UserSettings["settings"][number] {
	const setting = settingOf(key);
	if (setting === undefined) throw new Error(`There is no setting ${key}.`);
	const value: SettingValue = settingValue(values, key);
	return { key, value, default: setting.default, unit: setting.unit, help: setting.help };
}
