import { sql } from "drizzle-orm";
import { z } from "zod";
import type { PolicyInForce } from "../../src/contract/settings.ts";
import { rowsOf } from "../db/client.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { readPolicySettings, settingValue } from "./policy-settings.ts";
import { quietUntil } from "./quiet-hours.ts";

const row = z.object({
	settings: z.record(z.string(), z.unknown()),
	time_zone: z.string(),
	now_ms: z.number(),
	muted_ms: z.number().nullable(),
});

/** What holds the user's messages back at this moment, and what is set to. */
export async function readPolicyInForce({ db }: Pick<Deps, "db">, userId: string): Promise<PolicyInForce> {
	const [user] = await rowsOf(
		db,
		row,
		sql`select settings, time_zone, (extract(epoch from now()) * 1000)::float8 as now_ms,
				case when muted_until > now() then (extract(epoch from muted_until) * 1000)::float8 end as muted_ms
			from users where id = ${userId}`,
	);
	if (user === undefined) throw new AppError("not_found", "There is no such user.");
	const { quiet, quietExcept, delay, presence, progress } = readPolicySettings(user.settings);
	const silentUntil = quiet && quietUntil(quiet, user.time_zone, new Date(user.now_ms));
	return {
		time_zone: user.time_zone,
		quiet: String(settingValue(user.settings, "quiet")),
		quiet_until: silentUntil?.toISOString() ?? null,
		quiet_except: quietExcept,
		muted_until: user.muted_ms === null ? null : new Date(user.muted_ms).toISOString(),
		delay,
		presence,
		progress,
	};
}
