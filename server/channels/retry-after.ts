/** A Retry-After header (RFC 9110: seconds or a date) in milliseconds from `now`; undefined when it is neither. */
export function retryAfterMs(value: string | undefined, now: Date): number | undefined {
	if (value === undefined) return undefined;
	if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
	// Date.parse takes more than HTTP does: "-5" would be a year.
	const date = /^[A-Z][a-z]{2}/.test(value.trim()) ? Date.parse(value) : Number.NaN;
	return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}
