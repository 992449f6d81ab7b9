import { closeSync, openSync, writeSync } from "node:fs";

/** Writes to the terminal that a person sits at, also when the output goes elsewhere; undefined where there is none. */
export function ownTerminal(stderr: NodeJS.WriteStream): ((text: string) => void) | undefined {
	if (stderr.isTTY) return (text) => void stderr.write(text);
	try {
		closeSync(openSync("/dev/tty", "w"));
		return writeToTerminal;
	} catch {
		return undefined;
	}
}

function writeToTerminal(text: string): void {
	const terminal = openSync("/dev/tty", "w");
	writeSync(terminal, text);
	closeSync(terminal);
}
