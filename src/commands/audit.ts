import type { AuditEntry } from "../contract/audit.ts";
import { plainText } from "../plain-text.ts";
import type { Command } from "./tools.ts";
import { when } from "./words.ts";

const usual = 20;
const usage = "Use: /notify-audit, or /notify-audit 50 for more (100 at most)";

/** Who did what from where: a line for each entry, the newest first. */
export const audit: Command = async (args, { login }) => {
	const wished = args.trim() === "" ? usual : Number(args.trim());
	if (!Number.isInteger(wished) || wished < 1 || wished > 100) return usage;
	const { entries } = await login.call((token) => login.api.audit(token, wished));
	if (entries.length === 0) return "Nothing was done yet.";
	return table(entries.map(cells));
};

const cells = ({ at, actor, action, session, outcome, why }: AuditEntry): string[] => [
	when(at),
	line(actor.label),
	`${action}${outcome === "refused" ? " refused" : ""}`,
	session === null ? "-" : `(${session.handle ?? "-"}) ${line(session.description)}`,
	line(why),
];

/** A row stays one. */
const line = (text: string) => plainText(text).replace(/\s+/g, " ").trim();

/** The last column is as long as it is. */
function table(rows: string[][]): string {
	const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
	return rows
		.map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))))
		.map((row) => row.join("  "))
		.join("\n");
}
