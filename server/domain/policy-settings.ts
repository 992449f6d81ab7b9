import type { EventType } from "../../src/contract/events.ts";
import { type Limit, readBanList, readLimit } from "../../src/contract/setting-values.ts";
import {
	type Prioritized,
	type Priority,
	priorities,
	type SettingValue,
	settingOf,
} from "../../src/contract/settings.ts";
import { type QuietHours, readQuietHours } from "./quiet-hours.ts";

/** A user's settings in the form that decisions need; what is not set, or is nothing that we stored, has its default. */
export interface PolicySettings {
	quiet: QuietHours | undefined;
	/** From this priority on messages come through in quiet hours. */
	quietExcept: Priority | "none";
	/** Seconds; 0 is off. */
	delay: number;
	presence: number;
	progress: number;
	priority(type: Prioritized): Priority;
	/** The user's own limit; `scope` is a channel or a class of channels. */
	limit(scope: string, type: EventType): Limit | undefined;
}

export function readPolicySettings(stored: unknown): PolicySettings {
	const values: Record<string, unknown> = typeof stored === "object" && stored !== null ? { ...stored } : {};
	const seconds = (key: string) => Number(settingValue(values, key));
	const except = settingValue(values, "quiet_except");
	return {
		quiet: readQuietHours(settingValue(values, "quiet")),
		quietExcept: except === "none" ? except : (priorities.find((each) => each === except) ?? "high"),
		delay: seconds("delay"),
		presence: seconds("presence"),
		progress: seconds("progress"),
		priority(type) {
			const value = settingValue(values, `priority.${type}`);
			return priorities.find((each) => each === value) ?? "normal";
		},
		limit(scope, type) {
			const value = values[`limit.${scope}.${type}`];
			return typeof value === "string" ? readLimit(value) : undefined;
		},
	};
}

/** What no reply of the user's may have in it; the usual list where they have none of their own. */
export function banListOf(stored: Record<string, unknown> | undefined): string[] {
	return readBanList(String(settingValue(stored ?? {}, "ban")));
}

/** As it is stored, or the default. Values were checked when they were stored; another version of the server may have had other rules. */
export function settingValue(values: Record<string, unknown>, key: string): SettingValue {
	const setting = settingOf(key);
	if (setting === undefined) throw new Error(`There is no setting ${key}.`);
	const value = values[key];
	if (value === undefined) return setting.default;
	return setting.value.safeParse(value).data ?? setting.default;
}
