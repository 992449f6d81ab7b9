import { describe, expect, it } from "vitest";
import { runHelp } from "./run-flags.ts";
import { readRunOptions } from "./run-options.ts";

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
		[["--longer-than", "900h", "make"], "must look like"],
		[["--notify-on", "sometimes", "make"], "exit, partial or regex"],
		[["--notify-on", "regex", "make"], "needs a pattern"],
		[["--pattern", "x", "make"], "needs --notify-on regex"],
		[["--every", "5m", "make"], "needs --notify-on partial"],
		[["--notify-on", "partial", "--every", "0-lines", "make"], "1000-lines"],
		[["--notify-on", "partial", "--hide-command", "make"], "not with"],
		[["--notify-interval", "0", "make"], "1s or more"],
		[["--pid", "12", "make"], "not both"],
		[["--pid", "-1"], "number of a process"],
	])("%j is refused", (words, problem) => {
		expect(readRunOptions(words)).toEqual({ problem: expect.stringContaining(problem) });
	});

	it("tells of the end alone unless it is asked for more, or for something else (row W24)", () => {
		expect(readRunOptions(["make"])).toMatchObject({ notifyOn: new Set(["exit"]), every: { ms: 300_000 } });
		const several = ["--notify-on", "partial", "--notify-on=exit,regex", "--pattern", "x+", "--cooldown", "5", "make"];
		expect(readRunOptions(several)).toMatchObject({
			notifyOn: new Set(["exit", "partial", "regex"]),
			pattern: "x+",
			cooldownMs: 5000,
		});
		expect(readRunOptions(["--notify-on", "partial", "--every", "30s", "make"])).toMatchObject({
			every: { ms: 30_000 },
		});
		expect(readRunOptions(["--notify-on", "partial", "--every", "1000-lines", "make"])).toMatchObject({
			every: { lines: 1000 },
		});
	});

	it("takes what the message says and where it goes (rows 138, 142)", () => {
		const words = ["--message", "done", "--sound", "/a.wav", "--no-desktop", "--notify-user", "me@example.com"];
		expect(readRunOptions([...words, "--notify-interval", "30s", "--start-notice", "make"])).toMatchObject({
			message: "done",
			sound: "/a.wav",
			desktop: false,
			notifyUser: "me@example.com",
			intervalMs: 30_000,
			startNotice: true,
		});
		expect(readRunOptions(["make"])).toMatchObject({ desktop: true, startNotice: false, intervalMs: undefined });
	});

	it("watches a process instead of running one (row W28)", () => {
		expect(readRunOptions(["--pid", "12"])).toMatchObject({ pid: 12, command: undefined, title: "process 12" });
	});

	it("explains itself", () => {
		expect(readRunOptions(["--on-fail", "--help"])).toEqual({ help: true });
		expect(runHelp()).toContain("--longer-than TIME      Tell only when it took so long");
	});
});
