const units = { "": 1000, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of `90`, `90s`, `5m` or `2h`. Times beyond what a timer takes are refused: they would be none. */
export function spanMs(text: string): number | undefined {
	const [, count, unit] = /^(\d{1,6})([smh]?)$/.exec(text.trim()) ?? [];
	if (unit !== "" && unit !== "s" && unit !== "m" && unit !== "h") return undefined;
	const ms = Number(count) * units[unit];
	return ms < 2 ** 31 ? ms : undefined;
}
