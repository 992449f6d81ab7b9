import type { SessionKeeper } from "../companion/keeper.ts";
import type { Login } from "../companion/login.ts";
import type { Log } from "../log.ts";
import type { CallbackListener } from "./loopback.ts";

export interface CommandTools {
	keeper: SessionKeeper;
	login: Login;
	home: string;
	hostname: string;
	log: Log;
	now: () => Date;
	/** Claude Code's id and folder of the session in which the command was typed. */
	sessionId: string;
	cwd: string;
	/** Shows a page if there is a desktop to show it on; nothing depends on it. */
	openPage: (url: string) => void;
	/** What of a browser pairing goes on after its command has answered. */
	pairing: PairingInProgress;
}

export interface PairingInProgress {
	listener: CallbackListener | undefined;
	/** Settles when the token that the page handed over has become a login, or not. Never rejects. */
	result: Promise<string> | undefined;
	/** The last result, for /notify-status. */
	note: string | undefined;
}

/** Answers a slash command in plain text. Throws NotPaired, ServerUnreachable, ApiError: the table turns them into words. */
export type Command = (args: string, tools: CommandTools) => Promise<string>;
