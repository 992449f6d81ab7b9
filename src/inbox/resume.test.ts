import { mkdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startInbox } from "../../tests/helpers/inbox-rig.ts";
import { type OfferedMessage, replyFromPhone, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { until } from "../../tests/helpers/until.ts";
import { createLog } from "../log.ts";
import { type ResumeDeps, resumeSession } from "./resume.ts";

const receipts = "POST /sessions/*/inbox/*/receipt";
const id = "e93c2930-1707-4dd5-8a51-0d0d5c1f2a3b";
const toEnded = (words: string): OfferedMessage => ({
	...replyFromPhone(words),
	kind: "resume",
	resume: { agent_session_id: id, cwd: "/somewhere/else", handle: "b" },
});

/** Stands in for the client: a script that gets what the client would. */
async function machine(script: string) {
	const folder = await temporaryFolder();
	const cwd = join(await realpath(folder.path), "project");
	await mkdir(cwd);
	const program = join(folder.path, "client.mjs");
	await writeFile(
		program,
		`import { text } from "node:stream/consumers";\nconst input = await text(process.stdin);\n${script}`,
	);
	const deps: ResumeDeps = {
		command: () => [process.execPath, program],
		env: {
			PATH: "/usr/bin:/bin",
			CLAUDECODE: "1",
			CLAUDE_CODE_MESSAGING_TOKEN: "secret",
			CLAUDE_CODE_USE_BEDROCK: "1",
		},
		known: (asked) => (asked === id ? { cwd } : undefined),
		isLive: () => false,
		log: createLog("error", () => undefined),
	};
	return { deps, cwd, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const never = new AbortController().signal;

describe("a reply to a session that has ended", () => {
	it("goes on with it in the folder that this machine knows, and brings its words back (row 135)", async () => {
		await using at = await machine(
			"console.log(JSON.stringify({ input, args: process.argv.slice(2), cwd: process.cwd(), env: process.env }))",
		);
		const became = await resumeSession(at.deps, toEnded("-v; rm -rf / $(id) `id`"), never);
		expect(became.state).toBe("seen");
		const seen = JSON.parse(became.output ?? "");
		expect(seen).toMatchObject({ args: ["-p", "--resume", id], cwd: at.cwd });
		expect(seen.input).toMatch(
			/^My reply from the phone:\n-v; rm -rf \/ \$\(id\) `id`\n\n\[reply \w+ from your phone\]$/,
		);
		// The environment of the session that brought it is not the other one's; the provider's is.
		expect(seen.env).toMatchObject({ CLAUDE_CODE_USE_BEDROCK: "1", CLAUDE_NOTIFY_AUTO_START: "false" });
		expect(Object.keys(seen.env)).not.toContain("CLAUDECODE");
		expect(Object.keys(seen.env)).not.toContain("CLAUDE_CODE_MESSAGING_TOKEN");
	});

	it("is no command of the client's, whatever it begins with", async () => {
		await using at = await machine("console.log(input.split('\\n')[0])");
		for (const words of ["/clear", "!rm x", "#note"]) {
			expect((await resumeSession(at.deps, toEnded(words), never)).output).toBe("My reply from the phone:");
		}
	});

	it.each<[string, Partial<ResumeDeps>, RegExp]>([
		["is not known here", { known: () => undefined }, /does not know/],
		["runs at this moment", { isLive: () => true }, /runs at this moment/],
		["whose folder is gone", { known: () => ({ cwd: "/no/such/folder" }) }, /could not be started/],
		["whose client cannot be found", { command: () => ["/no/such/program"] }, /could not be started/],
	])("is refused where the session %s", async (_what, change, reason) => {
		await using at = await machine("console.log('never')");
		const became = await resumeSession({ ...at.deps, ...change }, toEnded("x"), never);
		expect(became).toEqual({ state: "refused", reason: expect.stringMatching(reason) });
	});

	it("that fails says with what, as plain text", async () => {
		await using at = await machine("console.error('\\u001b[31mNo conversation found'); process.exitCode = 1");
		const became = await resumeSession(at.deps, toEnded("x"), never);
		expect(became).toEqual({ state: "refused", reason: "Claude Code ended with 1: No conversation found" });
	});

	it("brings back the beginning of no more than fits", async () => {
		await using at = await machine("console.log('the beginning' + 'x'.repeat(1_000_000))");
		const { output } = await resumeSession(at.deps, toEnded("x"), never);
		expect(output?.length).toBe(4096);
		expect(output?.startsWith("the beginning")).toBe(true);
	});

	it("is given up after its time, or with the session that brings it", async () => {
		await using at = await machine("setInterval(() => {}, 1000)");
		const late = await resumeSession({ ...at.deps, timeLimitMs: 500 }, toEnded("x"), never);
		expect(late).toMatchObject({ state: "refused", reason: expect.stringContaining("a signal") });
		const left = new AbortController();
		const cut = resumeSession(at.deps, toEnded("x"), left.signal);
		left.abort();
		expect(await cut).toMatchObject({ state: "refused" });
	});
});

describe("the inbox of a session that lives", () => {
	it("runs it once, however often it is offered, and one after the other (row 135)", async () => {
		await using server = await startScriptedServer();
		const began: string[] = [];
		const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
		await using rig = await startInbox(server, {
			resume: async ({ text }) => {
				began.push(text);
				await gates[began.length - 1]?.promise;
				return { state: "seen", output: `did ${text}` };
			},
		});
		const [first, second] = [toEnded("one"), toEnded("two")];
		server.offer(first);
		server.offer(second);
		await server.waitFor(receipts, 2);
		server.offer(first);
		await server.waitFor(receipts, 3);
		expect(began).toEqual(["one"]);
		gates[0]?.resolve();
		await until(
			() => began.length === 2,
			10_000,
			() => String(began),
		);
		gates[1]?.resolve();
		await server.waitFor(receipts, 5);
		server.offer(second);
		await server.waitFor(receipts, 6);
		expect(began).toEqual(["one", "two"]);
		expect(server.bodies(receipts)).toEqual([
			...Array.from({ length: 3 }, () => ({ state: "delivered", via: "resume" })),
			{ state: "seen", via: "resume", output: "did one" },
			{ state: "seen", via: "resume", output: "did two" },
			{ state: "seen", via: "resume" },
		]);
		expect([rig.inbox.open, rig.client.texts, rig.given.get(first.ref)]).toEqual([0, [], "resume"]);
	});
});
