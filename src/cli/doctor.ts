import type { Check } from "./check.ts";
import { checkCompanions, checkInbox, checkNode, checkPlugin } from "./check-client.ts";
import { checkServer } from "./check-server.ts";
import { cliCommand } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";

/** Looks at everything that a message passes on its way, and changes nothing. */
export const doctor = cliCommand({
	name: "doctor",
	summary: "Look for what keeps messages from coming, and say how to mend it",
	example: "claude-notify doctor",
	args: {},
	async run(_, tools) {
		const [plugin, companions, inbox, server] = await Promise.all([
			checkPlugin(tools),
			checkCompanions(tools),
			checkInbox(tools),
			checkServer(tools),
		]);
		const checks = [checkNode(tools), ...plugin, companions, inbox, ...server];
		const faults = checks.filter(({ state }) => state === "fault").length;
		const end = faults === 0 ? "No fault found." : `${faults} fault${faults === 1 ? "" : "s"} found.`;
		return {
			data: { ok: faults === 0, checks },
			text: [...checks.flatMap(lines), end].join("\n"),
			code: faults === 0 ? exitCodes.ok : exitCodes.failed,
		};
	},
});

const marks = { ok: "ok", fault: "FAULT", skipped: "-" } as const satisfies Record<Check["state"], string>;

function lines({ name, state, text, cure }: Check): string[] {
	const line = `${marks[state].padEnd(6)} ${name.padEnd(10)} ${text}`;
	return cure === undefined ? [line] : [line, `${" ".repeat(18)}Cure: ${cure}`];
}
