import type { ApprovalRequest } from "../../src/companion/approval-request.ts";
import type { Monitor } from "../../src/companion/monitor.ts";
import { type CompanionRig, companionRig } from "./companion-rig.ts";
import { type ScriptedApprovals, scriptApprovals } from "./scripted-approvals.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const hashOf = (letter: string) => letter.repeat(64);
/** A command that asks for leave. */
export const bash = (more: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
	kind: "permission",
	toolName: "Bash",
	hash: hashOf("a"),
	summary: "rm -r build",
	questions: [],
	cwd: "/work/api",
	agentId: "",
	holdsDialog: false,
	...more,
});
/** The same, as a tool that ran. */
export const ran = (more: Partial<ApprovalRequest> = {}) => {
	const { toolName, hash, agentId } = bash(more);
	return () => ({ toolName, hash, agentId });
};

export interface ApprovalsRig extends AsyncDisposable {
	server: ScriptedServer;
	phone: ScriptedApprovals;
	monitor: Monitor;
	/** Asks as a hook does: the phone's word, "{}" when there is none. */
	ask(request?: ApprovalRequest, call?: AbortSignal): Promise<string>;
	events(): unknown[];
	/** Another companion that goes on with the session, as after a kill. */
	goOn(): Promise<CompanionRig>;
}

/** One monitored session and a scripted server with approvals. */
export async function approvalsRig(
	options: { headless?: boolean; isPresent?: () => boolean } = {},
): Promise<ApprovalsRig> {
	const server = await startScriptedServer();
	const phone = scriptApprovals(server);
	const home = await temporaryFolder();
	const rig = await companionRig(server, { ...options, home });
	await rig.type("start", "api");
	const { monitor } = rig.keeper;
	if (monitor === undefined) throw new Error("nothing is monitored");
	return {
		server,
		phone,
		monitor,
		ask: async (request = bash(), call = new AbortController().signal) =>
			(await monitor.approvals.ask(request, call, ({ behavior }) => behavior)) ?? "{}",
		events: () => server.bodies("POST /sessions/*/events"),
		async goOn() {
			const next = await companionRig(server, { ...options, home });
			next.keeper.identify(monitor.file.claude_session_id);
			return next;
		},
		async [Symbol.asyncDispose]() {
			await rig[Symbol.asyncDispose]();
			await home[Symbol.asyncDispose]();
			await server[Symbol.asyncDispose]();
		},
	};
}
