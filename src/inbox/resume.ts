import { spawn } from "node:child_process";
import { cutText } from "../contract/cut-text.ts";
import type { InboxMessage, InboxReceipt } from "../contract/inbox.ts";
import { type Log, reasonOf } from "../log.ts";
import { plainText } from "../plain-text.ts";
import type { KnownSession } from "../state/known-sessions.ts";

const timeLimitMs = 15 * 60_000;
/** After the polite signal. */
const killAfterMs = 10_000;
/** What is kept of a stream. */
const mostKept = 16_384;
const maxOutput = 4096;

export interface ResumeDeps {
	/** How the running client is started once more. Throws where the system does not tell. */
	command: () => [string, ...string[]];
	/** The environment of this process; what belongs to this session alone is taken out. */
	env: Record<string, string | undefined>;
	/** What this machine itself knows of a session. */
	known: (agentSessionId: string) => KnownSession | undefined;
	/** A client is in that session at this moment. */
	isLive: (agentSessionId: string) => boolean;
	log: Log;
	timeLimitMs?: number;
}

type Receipt = Pick<InboxReceipt, "state" | "reason" | "output">;

/** What belongs to the session that this process serves; another client must not take it for its own. */
const ofThisSession =
	/^(CLAUDECODE|CLAUDE_PID|CLAUDE_PROJECT_DIR|CLAUDE_PLUGIN_.*|CLAUDE_CODE_(SESSION_.*|MESSAGING_.*|CHILD_.*|LAUNCHED_BY_.*|ENTRYPOINT|SSE_PORT)|CLAUDE_NOTIFY_OPTION_.*)$/;

/**
 * Goes on with a session that has ended: `claude -p --resume`, in its own folder, with the reply on stdin. No shell, no permission that
 * the person did not give in their settings. Never rejects.
 */
export async function resumeSession(deps: ResumeDeps, message: InboxMessage, signal: AbortSignal): Promise<Receipt> {
	const id = message.resume?.agent_session_id ?? "";
	const session = deps.known(id);
	if (session === undefined) return refused("This machine does not know that session.");
	if (deps.isLive(id)) return refused("That session runs at this moment: answer it directly.");
	try {
		const { code, stdout, stderr } = await run(deps, ["-p", "--resume", id], session.cwd, asPrompt(message), signal);
		if (code === 0) return { state: "seen", output: cutText(stdout.trim(), maxOutput) };
		const said = (stderr.trim() || stdout.trim()).slice(-120);
		return refused(`Claude Code ended with ${code ?? "a signal"}${said === "" ? "" : `: ${said}`}`);
	} catch (error) {
		deps.log.info(`a session was not resumed: ${reasonOf(error)}`);
		return refused("Claude Code could not be started for it.");
	}
}

function refused(reason: string): Receipt {
	return { state: "refused", reason };
}

/** Begins with words of ours, so that the text is no slash command and no shell line of the client. */
function asPrompt({ text, ref }: InboxMessage): string {
	return `My reply from the phone:\n${plainText(text)}\n\n[reply ${ref} from your phone]`;
}

async function run(
	deps: ResumeDeps,
	options: string[],
	cwd: string,
	input: string,
	signal: AbortSignal,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
	const [program, ...args] = deps.command();
	const env = Object.fromEntries(Object.entries(deps.env).filter(([name]) => !ofThisSession.test(name)));
	const child = spawn(program, [...args, ...options], {
		cwd,
		// Its own plugin says nothing: the answer goes to the phone from here.
		env: { ...env, CLAUDE_NOTIFY_AUTO_START: "false" },
		stdio: ["pipe", "pipe", "pipe"],
		windowsHide: true,
	});
	const stdout = kept(child.stdout, (text) => text.slice(0, mostKept));
	const stderr = kept(child.stderr, (text) => text.slice(-mostKept));
	const over = AbortSignal.any([signal, AbortSignal.timeout(deps.timeLimitMs ?? timeLimitMs)]);
	const stop = () => {
		child.kill("SIGTERM");
		setTimeout(() => child.kill("SIGKILL"), killAfterMs).unref();
	};
	const atExit = () => child.kill("SIGTERM");
	over.addEventListener("abort", stop, { once: true });
	process.once("exit", atExit);
	try {
		child.stdin.on("error", () => undefined).end(input);
		const code = await new Promise<number | null>((resolve, reject) => {
			child.once("error", reject).once("close", resolve);
		});
		return { code, stdout: stdout(), stderr: stderr() };
	} finally {
		over.removeEventListener("abort", stop);
		process.off("exit", atExit);
	}
}

/** What is kept of a stream's text, as plain text. */
function kept(stream: NodeJS.ReadableStream, cut: (text: string) => string): () => string {
	let all = "";
	stream.setEncoding("utf8").on("data", (text: string) => {
		all = cut(all + text);
	});
	return () => plainText(all);
}
