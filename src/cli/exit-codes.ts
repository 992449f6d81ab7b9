/** What the process ends with; documented in docs/command-line.md. `run` ends with the code of its command instead. */
export const exitCodes = {
	ok: 0,
	/** The server refused, or a message did not arrive. */
	failed: 1,
	/** The command line cannot be understood. */
	usage: 2,
	/** There is no login on this machine, or it has ended. */
	notPaired: 3,
	/** No answer of a claude-notify server. */
	unreachable: 4,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
