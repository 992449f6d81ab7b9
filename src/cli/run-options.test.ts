import { describe, expect, it } from "vitest";
import { readRunOptions, runHelp } from "./run-options.ts";

describe("the command line of run", () => {
	it.each([
		[["make"], "make", "make"],
		[["make", "-j4", "test"], "make", "make -j4 test"],
		[["/usr/bin/git", "push", "origin"], "git push", "/usr/bin/git push origin"],
		[["npm", "run", "build:all"], "npm run build:all", "npm run build:all"],
		[["python3", "train.py", "--password", "hunter22"], "python3", "python3 train.py --password ***"],
		[["--title", "Nightly", "make"], "Nightly", "make"],
		[["--title=A=B", "make"], "A=B", "make"],
		[["--hide-command", "make", "secret"], "command", null],
		[["--shell", "cd x && make"], "cd x && make", "cd x && make"],
	])("%j is called %j and shown as %j (rows W23, W29)", (words, title, shownCommand) => {
		expect(readRunOptions(words)).toMatchObject({ title, shownCommand });
	});

	it("ends at --, or at the first word that is no option; what follows is the command's own (row W32)", () => {
		expect(readRunOptions(["--", "ls", "--title", "x"])).toMatchObject({
			command: ["ls", "--title", "x"],
			title: "ls",
		});
		expect(readRunOptions(["ls", "--on-fail", "--", "y"])).toMatchObject({
			command: ["ls", "--on-fail", "--", "y"],
			only: "all",
		});
		expect(readRunOptions(["--on-fail", "--", "--odd"])).toMatchObject({ command: ["--odd"], only: "failures" });
	});

	it.each([
		["90", 90_000],
		["5m", 300_000],
		["2h", 7_200_000],
	])("--longer-than %s (row W26)", (text, longerThanMs) => {
		expect(readRunOptions(["--longer-than", text, "make"])).toMatchObject({ longerThanMs });
	});

	it.each([
		[[], "Say what to run"],
		[["--"], "Say what to run"],
		[["--titel", "x", "make"], "There is no option --titel"],
		[["--on-fail=yes", "make"], "There is no option --on-fail=yes"],
		[["--title"], "--title needs a value"],
		[["--longer-than", "soon", "make"], "must look like"],
	])("%j is refused", (words, problem) => {
		expect(readRunOptions(words)).toEqual({ problem: expect.stringContaining(problem) });
	});

	it("explains itself", () => {
		expect(readRunOptions(["--on-fail", "--help"])).toEqual({ help: true });
		expect(runHelp()).toContain("--longer-than TIME  Tell only when it took so long");
	});
});
