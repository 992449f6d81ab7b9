import { type DesktopNote, type DesktopTools, showOnDesktop } from "./show-on-desktop.ts";

/**
 * The same for a Claude Code session, whose terminal belongs to the client: where there is no desktop, `terminalSequence` is what a hook
 * asks the client to write. The client wraps it for tmux by itself. Never rejects, and takes two seconds at most.
 */
export async function showInSession(
	note: DesktopNote,
	tools: Omit<DesktopTools, "terminal">,
): Promise<{ terminalSequence?: string }> {
	let sequence: string | undefined;
	const terminal = (text: string) => {
		sequence = text;
	};
	await showOnDesktop(note, { ...tools, env: { ...tools.env, TMUX: undefined }, terminal });
	return sequence === undefined ? {} : { terminalSequence: sequence };
}
