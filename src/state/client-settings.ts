import { join } from "node:path";
import { readIfThere } from "./files.ts";

/** Where Claude Code keeps its settings: the person's, the project's, and those of an organization. */
export function clientSettingsFiles(
	source: Record<string, string | undefined>,
	userHome: string,
	platform: NodeJS.Platform,
): string[] {
	const project = source["CLAUDE_PROJECT_DIR"];
	const managed = {
		darwin: "/Library/Application Support/ClaudeCode",
		win32: "C:\\Program Files\\ClaudeCode",
		linux: "/etc/claude-code",
	};
	const folder = Object.entries(managed).find(([name]) => name === platform)?.[1] ?? managed.linux;
	return [
		join(source["CLAUDE_CONFIG_DIR"] ?? join(userHome, ".claude"), "settings.json"),
		...(project === undefined
			? []
			: ["settings.json", "settings.local.json"].map((name) => join(project, ".claude", name))),
		join(folder, "managed-settings.json"),
	];
}

/** Whether one of them keeps messages out of the session's inbox (`refuse`), or parks them until somebody at the terminal has looked (`hold`). */
export function refusesMessages(files: readonly string[]): boolean {
	return files.some((path) => ["refuse", "hold"].includes(inboundSetting(path)));
}

function inboundSetting(path: string): string {
	try {
		const settings: unknown = JSON.parse(readIfThere(path) ?? "{}");
		if (typeof settings !== "object" || settings === null || !("crossSessionInbound" in settings)) return "";
		return String(settings.crossSessionInbound);
	} catch {
		return "";
	}
}
