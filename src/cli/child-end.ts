import { constants } from "node:os";

/** How a command ended, or why it never began. */
export type ChildEnd =
	| { started: false; code: "ENOENT" | "EACCES" | "other"; reason: string }
	| { started: true; exitCode: number | null; signal: NodeJS.Signals | null; interrupted: boolean };

/** The code that a shell gives. */
export function exitCodeOf(end: ChildEnd): number {
	if (!end.started) return end.code === "ENOENT" ? 127 : 126;
	return end.exitCode ?? 128 + (end.signal === null ? 0 : constants.signals[end.signal]);
}

/** The other way round: what a shell calls 128+n was signal n. */
export function fromShellCode(code: number): { exitCode: number | null; signal: NodeJS.Signals | null } {
	const signal = signals.find((name) => constants.signals[name] === code - 128);
	return signal === undefined ? { exitCode: code, signal: null } : { exitCode: null, signal };
}

/** The keys of that object are the names of this very type. */
const signals = Object.keys(constants.signals) as NodeJS.Signals[];

export function notStarted(error: unknown): ChildEnd {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	const reason = error instanceof Error ? error.message : "";
	return { started: false, code: code === "ENOENT" || code === "EACCES" ? code : "other", reason };
}
