import { ApiError, ServerUnreachable } from "../api-errors.ts";
import { AlreadyMonitoring } from "../companion/keeper.ts";
import { NotPaired } from "../companion/login.ts";
import { reasonOf } from "../log.ts";
import { plainText } from "../plain-text.ts";
import { audit } from "./audit.ts";
import { channels } from "./channels.ts";
import { logout } from "./logout.ts";
import { mute } from "./mute.ts";
import { pair } from "./pair.ts";
import { settings } from "./settings.ts";
import { setup } from "./setup.ts";
import { start } from "./start.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";
import { test } from "./test.ts";
import type { Command, CommandTools } from "./tools.ts";

const commands: ReadonlyMap<string, Command> = new Map([
	["setup", setup],
	["pair", pair],
	["start", start],
	["stop", stop],
	["status", status],
	["logout", logout],
	["test", test],
	["channels", channels],
	["settings", settings],
	["mute", mute],
	["audit", audit],
]);

/** Claude Code names a command `notify:start` or `notify:notify-start`, after the plugin and the file. Undefined: not one of ours. */
export function runCommand(name: string, args: string, tools: CommandTools): Promise<string> | undefined {
	const verb = /^(?:notify:)?(?:notify-)?([a-z]+)$/.exec(name)?.[1];
	const command = verb === undefined ? undefined : commands.get(verb);
	return command === undefined ? undefined : answer(command, args, tools);
}

async function answer(command: Command, args: string, tools: CommandTools): Promise<string> {
	try {
		return plainText(await command(args, tools));
	} catch (error) {
		if (error instanceof NotPaired || error instanceof AlreadyMonitoring) return error.message;
		if (error instanceof ApiError) return plainText(refusal(error));
		if (error instanceof ServerUnreachable)
			return plainText(
				`${error.message}.\nIs the server running? Its address comes from CLAUDE_NOTIFY_URL or the plugin's option server_url.`,
			);
		tools.log.error(`a command failed: ${reasonOf(error)}`);
		return `claude-notify failed: ${plainText(reasonOf(error))}`;
	}
}

function refusal({ status, message, requestId }: ApiError): string {
	// The login was ended elsewhere.
	if (status === 401) return `${message}\nRun /notify-setup.`;
	return status >= 500 ? `${message} (request ${requestId})` : message;
}
