import { homedir } from "node:os";
import { runCommandHook } from "../handlers/command-hook.ts";
import { onSessionStart } from "../handlers/session-start.ts";
import { notifyHome } from "../state/home.ts";

await runCommandHook(process.stdin, (input) => {
	onSessionStart(input, { home: notifyHome(process.env, homedir), clientPid: Number(process.env["CLAUDE_PID"]) });
});
