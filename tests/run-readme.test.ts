import { readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { expect, it } from "vitest";
import { openCliWorld } from "./helpers/cli-world.ts";
import { codeIn } from "./helpers/login.ts";
import { nodeDir } from "./helpers/processes.ts";
import { openTerminal } from "./helpers/tmux.ts";
import { until } from "./helpers/until.ts";

/** The lines of the README's block, as a person types them. */
async function linesToType(): Promise<string[]> {
	const readme = await readFile(resolve(import.meta.dirname, "../README.md"), "utf8");
	const block = /## The command line\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
	return block.trim().split("\n");
}

it("the README's section on the command line works, typed word by word in an empty folder (row 200)", async () => {
	await using all = await openCliWorld();
	const { world, cli, lastText } = all;
	const folder = join(cli.home, "..");
	await symlink(dirname(cli.script), join(folder, "dist"));
	await writeFile(join(folder, "Makefile"), "test:\n\t@echo 212 tests pass\n");
	const texts = () => world.server.deps.phone?.messages.map(({ text }) => text) ?? [];
	const lines = await linesToType();
	expect(lines.length).toBe(5);
	const terminal = await openTerminal({
		socket: join(folder, "tmux"),
		cwd: folder,
		env: cli.env({ TERM: "xterm-256color", PS1: "$ ", PATH: `${await nodeDir(24)}:/usr/bin:/bin` }),
		command: ["/bin/bash", "--norc", "--noprofile", "-i"],
	});
	const shows = (words: RegExp) =>
		until(
			async () => words.test(await terminal.screen()),
			40_000,
			() => terminal.screen(),
		);
	try {
		for (const [at, line] of lines.entries()) {
			await terminal.write(line.replace("123456", () => codeIn(lastText())));
			await terminal.press("Enter");
			// At a terminal the code is asked for at once; who would rather type the next line leaves by Ctrl-D.
			if (at === 1) {
				await shows(/Code:/);
				await terminal.press("C-d");
				await shows(/Then: claude-notify login --code 123456/);
			}
			if (at === 2) await shows(/Paired with \+1\*\*\*1111 by SMS\./);
			if (at === 3) await shows(/212 tests pass/);
			if (at === 4) await shows(/On its way by sms\./);
		}
		const told = (words: string) =>
			until(
				() => texts().some((text) => text.includes(words)),
				40_000,
				() => texts().join("\n"),
			);
		await told("make test\nDone in 0:");
		await told("the backup is done");
	} finally {
		await terminal.close();
	}
}, 180_000);
