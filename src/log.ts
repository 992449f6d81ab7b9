export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One line each, never with a token, an address or a reply in it. */
export type Log = Record<LogLevel, (message: string) => void>;

/** `write` gets whole lines without the newline. stdout belongs to the protocol, so the entry hands in stderr. */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
	const from = logLevels.indexOf(level);
	const at = (name: LogLevel) => (message: string) => {
		if (logLevels.indexOf(name) >= from) write(`claude-notify ${name}: ${message}`);
	};
	return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** What went wrong in one line, for the log. */
export function reasonOf(error: unknown): string {
	return error instanceof Error ? error.message.split("\n", 1).join("") : "a value that is not an Error was thrown";
}
