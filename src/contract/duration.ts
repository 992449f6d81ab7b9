const unitSeconds = { m: 60, h: 3600, d: 86_400 } as const;
const part = /^\s*(\d{1,4})\s*(?:(m|min|mins|minutes?)|(h|hrs?|hours?)|(d|days?))(?![a-z])/i;

/** Seconds of `2h`, `90 min`, `1h30m` or `1 day`, whole and alone; undefined for everything else, zero too. */
export function readDuration(text: string): number | undefined {
	let [left, seconds] = [text.replace(/(?<=[a-z])(?=\d)/gi, " "), 0];
	for (let parts = 0; left.trim() !== "" || parts === 0; parts++) {
		const [whole, count, minutes, hours] = part.exec(left) ?? [];
		if (whole === undefined || parts === 3) return undefined;
		seconds += Number(count) * unitSeconds[minutes ? "m" : hours ? "h" : "d"];
		left = left.slice(whole.length);
	}
	return seconds === 0 ? undefined : seconds;
}
