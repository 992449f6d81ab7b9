import { homedir } from "node:os";
import { uuidv7 } from "uuidv7";
import { reportSessionEnd } from "../companion/report-session-end.ts";
import { runCommandHook } from "../handlers/command-hook.ts";
import { createLog } from "../log.ts";
import { notifyHome } from "../state/home.ts";
import { machineFingerprint } from "../state/machine.ts";

await runCommandHook(process.stdin, (input) =>
	reportSessionEnd(input, {
		home: notifyHome(process.env, homedir),
		clientPid: Number(process.env["CLAUDE_PID"]),
		fingerprint: machineFingerprint(),
		log: createLog("warn", (line) => process.stderr.write(`${line}\n`)),
		now: () => new Date(),
		newId: uuidv7,
		patienceMs: 10_000,
	}),
);
