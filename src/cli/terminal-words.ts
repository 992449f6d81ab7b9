/** The login and the server speak to whoever types in Claude Code; here the same is done by other words. */
export function forTerminal(message: string): string {
	return message
		.replaceAll("/notify-setup", "claude-notify login")
		.replaceAll("/notify-pair", "claude-notify login --code")
		.replaceAll("/notify-settings", "claude-notify config set");
}
