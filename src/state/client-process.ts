import { execFileSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import { readIfThere } from "./files.ts";

/** The command line of the client; none where the system does not tell (Windows). */
export function clientArguments(pid: number): string[] {
	try {
		const raw = readIfThere(`/proc/${pid}/cmdline`);
		if (raw !== undefined) return raw.split("\0").slice(0, -1);
		// macOS. Arguments with blanks come apart; those that are looked for here have none.
		return process.platform === "win32" ? [] : ps(pid, "args=").split(/\s+/);
	} catch {
		return [];
	}
}

/** Whether the client was started with our channel (`--channels plugin:notify@…`). Whether it has loaded it shows only when an event comes through. */
export function hasOurChannel(args: readonly string[]): boolean {
	let inList = false;
	for (const arg of args) {
		const [option, value] = arg.split("=", 2);
		if (arg.startsWith("-")) inList = /^--(dangerously-load-development-)?channels$/.test(option ?? "");
		if (inList && /^plugin:notify(@|$)/.test(arg.startsWith("-") ? (value ?? "") : arg)) return true;
	}
	return false;
}

/** How the running client can be started once more: the very same program. Throws where the system does not tell. */
export function clientCommand(pid: number): [string, ...string[]] {
	const args = clientArguments(pid);
	const program = process.platform === "linux" ? readlinkSync(`/proc/${pid}/exe`) : (args[0] ?? "");
	if (program === "") throw new Error("this system does not tell which program the client is");
	// Installed from npm in earlier versions, it is a script that Node runs.
	const script = args[1];
	return /^(node|bun)(\.exe)?$/.test(basename(program)) && script !== undefined ? [program, script] : [program];
}

function ps(pid: number, columns: string): string {
	return execFileSync("ps", ["-ww", "-o", columns, "-p", String(pid)], { encoding: "utf8", timeout: 2000 }).trim();
}
