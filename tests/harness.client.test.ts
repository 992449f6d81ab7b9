import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { createClientHome } from "./helpers/client-home.ts";
import { hold, httpError, startMockModel, text, toolUse } from "./helpers/mock-model.ts";
import { descendants, isAlive, nodeDir } from "./helpers/processes.ts";
import { runPrint, startPrint, startTui } from "./helpers/real-client.ts";
import { until } from "./helpers/until.ts";

describe("the real client against the mock model", () => {
	it("answers a prompt in -p with what the model was told to say", async () => {
		await using model = await startMockModel();
		model.next(text("forty-two"));
		const { stdout, stderr, code } = await runPrint("what is six times seven", { model });
		expect({ stdout, stderr, code }).toEqual({ stdout: "forty-two\n", stderr: "", code: 0 });
		expect(model.requests.map((request) => request.userText)).toEqual(["what is six times seven"]);
	});

	it("shows the model's answer on the screen, and the request carries the session's id", async () => {
		await using model = await startMockModel();
		await using tui = await startTui({ model });
		model.next(text("forty-two"));
		await tui.type("what is six times seven");
		const request = await model.waitForRequest(({ userText }) => userText === "what is six times seven");
		expect(request.sessionId).toBe(await tui.sessionId());
		expect(await tui.waitForScreen(/● forty-two/)).toContain("❯ what is six times seven");
	});

	it("runs the tool that the model asks for once the dialog is answered", async () => {
		await using model = await startMockModel();
		await using tui = await startTui({ model });
		model.next(toolUse("Bash", { command: "touch made-by-claude", description: "x" }), text("made it"));
		await tui.type("make the file");
		await tui.answerDialog();
		const request = await model.waitForRequest(({ toolResults }) => toolResults.length === 1);
		expect(request.toolResults[0]).toMatchObject({ isError: false });
		await tui.waitForScreen(/● made it/);
		expect(await readdir(tui.home.cwd)).toEqual(["made-by-claude"]);
	});

	it("keeps a request open until the test releases it", async () => {
		await using model = await startMockModel();
		await using tui = await startTui({ model });
		const held = hold(text("late answer"));
		model.next(held);
		await tui.type("take your time");
		await model.waitForRequest(({ userText }) => userText === "take your time");
		expect(await tui.waitForScreen(/esc to interrupt/)).not.toContain("late answer");
		held.release();
		await tui.waitForScreen(/● late answer/);
	});

	it("gives the client an API error that it does not retry", async () => {
		await using model = await startMockModel();
		model.next(httpError(429, "slow down"));
		const { stdout, code } = await runPrint("hello", { model });
		expect(stdout).toContain("slow down");
		expect(code).toBe(1);
		expect(model.requests).toHaveLength(1);
	});

	it("goes on with a session of the same home, and its id changes with /clear", async () => {
		await using model = await startMockModel();
		await using home = await createClientHome();
		await runPrint("remember the number seven", { model, home });
		const first = model.requests[0]?.sessionId ?? "";
		await using tui = await startTui({ model, home, resume: first });
		await tui.type("which number");
		const request = await model.waitForRequest(({ userText }) => userText === "which number");
		expect(request.sessionId).toBe(first);
		expect(request.allText).toContain("remember the number seven");
		await tui.type("/clear");
		await tui.type("after clear");
		const cleared = await model.waitForRequest(({ userText }) => userText === "after clear");
		expect(cleared.sessionId).not.toBe(first);
		expect(await tui.sessionId()).toBe(cleared.sessionId);
	});

	it("queues replies for one session without giving them to another", async () => {
		await using model = await startMockModel();
		await using home = await createClientHome();
		const two = await home.addProject("second");
		await using a = await startTui({ model, home });
		await using b = await startTui({ model, home, cwd: two });
		model.nextFor(await b.sessionId(), text("for b only"));
		await a.type("a asks");
		await a.waitForScreen(/● done/);
		await b.type("b asks");
		await b.waitForScreen(/● for b only/);
	});
});

describe("what a session leaves behind", () => {
	it("is nothing: no process and no folder", async () => {
		await using model = await startMockModel();
		const tui = await startTui({ model });
		const { pid, home } = tui;
		model.next(toolUse("Bash", { command: "tail -f /dev/null", description: "x" }));
		await tui.type("wait");
		await tui.answerDialog();
		await until(
			async () => (await descendants(pid)).length > 0,
			5000,
			() => "the tool never ran",
		);
		const started = await descendants(pid);
		await tui[Symbol.asyncDispose]();
		for (const process of [pid, ...started]) expect(await isAlive(process)).toBe(false);
		await expect(readdir(dirname(home.home))).rejects.toThrow(/ENOENT/);
	});

	it("is nothing of a -p run that was given up", async () => {
		await using model = await startMockModel();
		model.next(hold());
		const run = await startPrint("never answered", { model });
		await model.waitForRequest(({ userText }) => userText === "never answered");
		await run[Symbol.asyncDispose]();
		expect(await isAlive(run.pid)).toBe(false);
		expect(await run.result).toMatchObject({ code: null });
	});
});

describe("the client's environment", () => {
	it.each([20, 24] as const)(
		"puts the Node %i of the test first on PATH and shows nothing of the developer's own",
		async (major) => {
			await using model = await startMockModel();
			model.next(toolUse("Bash", { command: "node --version; env", description: "x" }));
			const args = ["--allowedTools", "Bash"];
			await runPrint("show", {
				model,
				args,
				nodeDir: await nodeDir(major),
				env: { CLAUDE_NOTIFY_URL: "http://127.0.0.1:9" },
			});
			const shown = model.requests[1]?.toolResults[0]?.text ?? "";
			expect(shown).toMatch(new RegExp(`^v${major}\\.`));
			expect(shown).toContain("CLAUDE_NOTIFY_URL=http://127.0.0.1:9");
			expect(shown).not.toMatch(/^VITEST/m);
			expect(shown).toMatch(/^HOME=.*\/cn-[^/]+\/home$/m);
		},
	);
});
