import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cli, openCli } from "./helpers/cli.ts";
import { isAlive, nodeDir, waitUntilGone } from "./helpers/processes.ts";
import { inShell } from "./helpers/shell-terminal.ts";

const ways = [
	{ way: "as the plugin is installed, its output going past us", installed: false },
	{ way: "as npm installs it, on a pty", installed: true },
];

describe.each(ways)("in a terminal, $way", ({ installed }) => {
	let cli: Cli;
	let wrapped: string;

	beforeAll(async () => {
		cli = await openCli();
		if (installed) await cli.installPty();
		wrapped = `'${join(await nodeDir(24), "node")}' '${cli.script}' run`;
	});

	afterAll(() => cli[Symbol.asyncDispose]());

	it("what is a terminal stays one for the command, with its size (rows W9, W10)", async () => {
		await inShell(cli, async ({ type, shows }) => {
			await type(`${wrapped} sh -c 'test -t 0 && test -t 1 && test -t 2 && echo all $((1+2)) && stty size'`);
			await shows(/all 3\n50 160/);
		});
	});

	it("Ctrl-C reaches the command once, and one that ignores it runs on (rows W5, W6)", async () => {
		await inShell(cli, async ({ type, shows, press }) => {
			const trap = `n=0; trap "n=\\$((n+1)); echo got \\$n" INT; echo re""ady; while [ $n = 0 ]; do sleep 0.1; done; sleep 1; echo in all $n`;
			await type(`${wrapped} sh -c '${trap}'; echo code $?`);
			await shows(/^ready$/m);
			await press("C-c");
			await shows(/in all 1[\s\S]*code 0/);
			await type(`clear; ${wrapped} sh -c 'trap "" INT; echo de""af; sleep 2; echo st""ill here'; echo code $?`);
			await shows(/^deaf$/m);
			await press("C-c");
			await shows(/still here[\s\S]*code 0/);
		});
	});

	it("Ctrl-Z stops both and fg goes on (row W8)", async () => {
		await inShell(cli, async ({ type, shows, press, screen }) => {
			const waiting = 'echo be""gun; while ! test -f go; do sleep 0.1; done; echo fini""shed';
			await type(`${wrapped} sh -c '${waiting}'`);
			await shows(/^begun$/m);
			await press("C-z");
			await shows(/Stopped/);
			await writeFile(join(cli.home, "../go"), "");
			await type("echo still sto''pped");
			await shows(/still stopped/);
			expect(await screen()).not.toContain("finished");
			await type("fg; echo co''de $?");
			await shows(/finished[\s\S]*code 0/);
		});
	});

	it("a full-screen program works, and the terminal is as before after a kill -9 of it (rows W11, W12)", async () => {
		await inShell(cli, async ({ type, shows, press }) => {
			await type(`seq 500 > numbers; stty -g > before; ${wrapped} less numbers; echo co''de $?`);
			await shows(/^1\n2\n3\n/m);
			await press("G");
			await shows(/^500$/m);
			await press("q");
			await shows(/code 0/);
			await type(`clear; ${wrapped} sh -c 'stty raw -echo; kill -9 $$'; stty -g > after; stty sane; echo res""tored`);
			await shows(/^restored/m);
			const [before, after] = await Promise.all(
				["before", "after"].map((name) => readFile(join(cli.home, "..", name), "utf8")),
			);
			expect(after).toBe(before);
		});
	});

	it("a terminal that is closed takes the command along (row W7)", async () => {
		let pid = 0;
		await inShell(cli, async ({ type, shows, screen }) => {
			await type(`${wrapped} sh -c 'echo pid=$$.; exec sleep 300'`);
			await shows(/^pid=\d+\.$/m);
			pid = Number(/^pid=(\d+)\.$/m.exec(await screen())?.[1]);
			expect(await isAlive(pid)).toBe(true);
		});
		await waitUntilGone(pid, 30_000);
	});
});
