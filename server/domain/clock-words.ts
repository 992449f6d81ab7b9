/** Where and when a time of day is read. */
export interface Reader {
	now: Date;
	/** IANA. */
	timeZone: string;
}

/** `14:30`, with the day where that is not clear, and with the zone where it is not the reader's own. */
export function clockWords(at: Date, { now, timeZone }: Reader): string {
	const near = Math.abs(now.getTime() - at.getTime()) < 20 * 3_600_000;
	const day = near ? {} : ({ day: "numeric", month: "short" } as const);
	const format = new Intl.DateTimeFormat("en-GB", { ...day, hour: "2-digit", minute: "2-digit", timeZone });
	return `${format.format(at)}${timeZone === "UTC" ? " UTC" : ""}`;
}
