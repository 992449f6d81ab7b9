/** A Retry-After header (RFC 9110: seconds or a date) in milliseconds from `now`; undefined when it is neither. However long: whoever waits has a limit. */
export function retryAfterMs(value: string | undefined, now: Date): number | undefined {
	if (value === undefined) return undefined;
	if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
	// Date.parse takes more than HTTP does: "-5" would be a year.
	const date = /^[A-Z][a-z]{2}/.test(value.trim()) ? Date.parse(value) : Number.NaN;
	return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}

/** What a date in an answer is meant by: the provider's own clock (its Date header), since ours may be wrong. */
export function providerClock(dateHeader: string | null | undefined): Date {
	const at = new Date(dateHeader ?? Number.NaN);
	return Number.isNaN(at.getTime()) ? new Date() : at;
}
