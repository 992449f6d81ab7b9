import type { ToldEvent } from "../contract/events.ts";
import type { AccountStatus } from "../contract/sessions.ts";
import { plainText } from "../plain-text.ts";
import { when } from "./words.ts";

/** What holds messages back now or may do so, in a line; none where nothing does. */
export function policyLines({ policy }: AccountStatus): string[] {
	if (policy === undefined) return [];
	const { quiet, quiet_until, quiet_except, time_zone, muted_until, delay, presence, progress } = policy;
	const through = quiet_except === "none" ? "nothing comes through" : `priority ${quiet_except} comes through`;
	const parts = [
		muted_until === null ? "" : `muted until ${when(muted_until)}`,
		quiet === "off" ? "" : `quiet ${quiet} ${time_zone} (${through})${quiet_until === null ? "" : ", which is now"}`,
		delay === 0 ? "" : `messages wait ${delay} s for you at the computer`,
		presence === 0 ? "" : `silent for ${presence} s after you typed`,
		progress === 0 ? "" : `progress every ${progress} s`,
	].filter(Boolean);
	return parts.length === 0 ? [] : [`Policy: ${parts.join("; ")}`];
}

/** An event of this session and what became of it. */
export function eventWords({ type, accepted_at, outcome, why }: ToldEvent): string {
	return `${when(accepted_at)} ${type.replaceAll("_", " ")}: ${outcome}. ${plainText(why)}`.trim();
}
