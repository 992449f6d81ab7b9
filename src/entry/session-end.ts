import { homedir } from "node:os";
import { runCommandHook } from "../handlers/command-hook.ts";
import { onSessionEnd } from "../handlers/session-end.ts";
import { spawnDetached } from "../handlers/spawn-detached.ts";
import { notifyHome } from "../state/home.ts";

await runCommandHook(process.stdin, (input, raw) => {
	onSessionEnd(input, {
		home: notifyHome(process.env, homedir),
		clientPid: Number(process.env["CLAUDE_PID"]),
		reportLater: () => spawnDetached(new URL("./report-session-end.mjs", import.meta.url), raw),
	});
});
