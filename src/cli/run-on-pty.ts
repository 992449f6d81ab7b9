import type { ChildEnd } from "./child-end.ts";
import { loadPty } from "./load-pty.ts";
import { PtyChild } from "./pty-child.ts";
import { type ChildOptions, forwarded } from "./run-child.ts";
import { readTerminalModes } from "./terminal-modes.ts";

/** Runs the command on a terminal of its own. Undefined when nothing was started: there is no such terminal to be had. */
export async function runOnPty(options: ChildOptions): Promise<ChildEnd | undefined> {
	const { command, env, sinks, signals } = options;
	const tools = await loadPty();
	const modes = tools === undefined ? undefined : readTerminalModes();
	if (tools === undefined || modes === undefined) return undefined;
	let child: PtyChild | undefined;
	const onSignal = (signal: NodeJS.Signals) => child?.signal(signal);
	for (const signal of forwarded) signals.on(signal, onSignal);
	try {
		child = open(tools, { command, env, sinks, process: signals, modes });
		return await child?.ended;
	} finally {
		child?.close();
		for (const signal of forwarded) signals.off(signal, onSignal);
	}
}

/** Undefined where the system has no terminal left. */
function open(...given: ConstructorParameters<typeof PtyChild>): PtyChild | undefined {
	try {
		return new PtyChild(...given);
	} catch {
		return undefined;
	}
}
