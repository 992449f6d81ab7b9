/** What a task tells of: its end, what it prints every so often, or a line that matches a pattern. The machine watches for the last two. */
export const notifyOn = ["exit", "partial", "regex"] as const;
export type NotifyOn = (typeof notifyOn)[number];
