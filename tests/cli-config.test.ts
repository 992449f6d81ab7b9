import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Cli } from "./helpers/cli.ts";
import { type CliWorld, openCliWorld } from "./helpers/cli-world.ts";
import { nodeDir } from "./helpers/processes.ts";
import { openTerminal } from "./helpers/tmux.ts";
import { until } from "./helpers/until.ts";

const number = "+12025550199";
let all: CliWorld;
let cli: Cli;

beforeAll(async () => {
	all = await openCliWorld();
	cli = all.cli;
	await all.logIn(number);
});

afterAll(() => all[Symbol.asyncDispose]());

describe("config", () => {
	it("lists, gets, sets several at once, and brings the usual value back", async () => {
		expect(await cli.run(["config", "get", "quiet"])).toMatchObject({ code: 0, stdout: "off\n" });
		expect(await cli.run(["config", "set", "quiet=22-7", "delay=30"])).toMatchObject({
			code: 0,
			stdout: "quiet=22:00-07:00 (usually off)\ndelay=30 (usually 0)\n",
		});
		expect(await cli.run(["config", "set", "presence", "60"])).toMatchObject({ code: 0 });
		const listed = await cli.run(["config", "list"]);
		expect(listed.stdout).toMatch(/^quiet=22:00-07:00 \(usually off\) +Quiet hours/m);
		expect(listed.stdout).toMatch(/^priority\.done=normal/m);
		const all = JSON.parse((await cli.run(["config", "--json"])).stdout);
		expect(all).toContainEqual(expect.objectContaining({ key: "delay", value: 30 }));
		expect(await cli.run(["config", "unset", "quiet", "delay"])).toMatchObject({
			code: 0,
			stdout: "quiet=off\ndelay=0\n",
		});
		expect(await cli.run(["config", "set", "presence=default"])).toMatchObject({ stdout: "presence=0\n" });
	});

	it("refuses a wrong name or value in words that say what there is, and changes nothing", async () => {
		const wrong = await cli.run(["config", "set", "quiet=22:00-07:00", "dealy=30"]);
		expect(wrong).toMatchObject({ code: 1, stdout: "" });
		expect(wrong.stderr).toContain("There is no setting dealy. There are time_zone, quiet");
		expect(await cli.run(["config", "get", "quiet"])).toMatchObject({ stdout: "off\n" });
		for (const words of [["frobnicate"], ["get"], ["set"], ["set", "quiet"], ["get", "dealy"]]) {
			expect(await cli.run(["config", ...words]), words.join(" ")).toMatchObject({ code: 2, stdout: "" });
		}
	});

	it("asks at a terminal, says what is wrong with an answer, and changes only what was typed", async () => {
		const terminal = await openTerminal({
			socket: join(cli.home, "../tmux"),
			cwd: "/tmp",
			env: cli.env({ TERM: "xterm-256color" }),
			command: [join(await nodeDir(24), "node"), cli.script, "config"],
		});
		try {
			const shows = (words: string) =>
				until(
					async () => (await terminal.screen()).includes(words),
					20_000,
					() => terminal.screen(),
				);
			const answers: [question: string, answer: string][] = [
				["time_zone (", ""],
				["quiet (", "late"],
				["must look like 22:00-07:00", "23-6"],
				["quiet_except (", ""],
				["delay (", "20"],
				["presence (", ""],
				["progress (", ""],
			];
			for (const [question, answer] of answers) {
				await shows(question);
				if (answer !== "") await terminal.write(answer);
				await terminal.press("Enter");
			}
			await shows("delay=20 (usually 0)");
			await shows("quiet=23:00-06:00 (usually off)");
		} finally {
			await terminal.close();
		}
		await cli.run(["config", "unset", "quiet", "delay"]);
	});
});
