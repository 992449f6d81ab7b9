/** The p-th percentile (nearest rank) of a sample in milliseconds. */
export function percentile(sample: number[], p: number): number {
	const sorted = sample.toSorted((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (sample: number[]) => percentile(sample, 50);

/** A table as Markdown prints it; numbers with one decimal. */
export function table(head: string[], rows: (string | number)[][]): string {
	const cells = [head, ...rows.map((row) => row.map((cell) => (typeof cell === "number" ? cell.toFixed(1) : cell)))];
	const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
	const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
	const [first = [], ...rest] = cells;
	return [line(first), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n");
}
