import type * as NodePty from "@lydell/node-pty";
import { holderShell } from "./holder.ts";

export interface PtyTools {
	spawn: typeof NodePty.spawn;
	/** The shell that holds the pty open. */
	shell: string;
}

/** Undefined where a command cannot be run on a pty of ours: node-pty is optional and native, and stays out of the bundle. */
export async function loadPty(): Promise<PtyTools | undefined> {
	const shell = holderShell();
	if (shell === undefined) return undefined;
	try {
		const { spawn } = (await import("@lydell/node-pty")).default;
		return { spawn, shell };
	} catch {
		return undefined;
	}
}
