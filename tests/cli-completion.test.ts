import { execFile } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cli, openCli } from "./helpers/cli.ts";
import { nodeDir } from "./helpers/processes.ts";

const run = promisify(execFile);
let cli: Cli;

beforeAll(async () => {
	cli = await openCli();
});

afterAll(() => cli[Symbol.asyncDispose]());

describe("completion", () => {
	/** What a real bash offers for a line that ends here. */
	async function offered(...words: string[]): Promise<string[]> {
		const script = [
			`eval "$(${await command()} completion bash)"`,
			'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _claude_notify; printf "%s\\n" "${COMPREPLY[@]}"',
		].join("\n");
		const { stdout } = await run("bash", ["--norc", "-c", script, "bash", ...words], { env: cli.env() });
		return stdout.split("\n").filter((line) => line !== "");
	}

	async function command(): Promise<string> {
		const path = join(dirname(cli.home), "claude-notify");
		const node = join(await nodeDir(24), "node");
		await writeFile(path, `#!/bin/sh\nexec '${node}' '${cli.script}' "$@"\n`);
		await chmod(path, 0o755);
		return path;
	}

	it("a real bash completes commands, their options and their words", async () => {
		expect(await offered("claude-notify", "s")).toEqual(["status", "sessions", "send"]);
		expect(await offered("claude-notify", "config", "")).toEqual(
			expect.arrayContaining(["list", "get", "set", "unset", "--json", "--help"]),
		);
		expect(await offered("claude-notify", "notify", "--t")).toEqual(["--title"]);
		expect(await offered("claude-notify", "run", "--on-f")).toEqual(["--on-fail"]);
		expect(await offered("claude-notify", "run", "mkfif")).toContain("mkfifo");
		expect(await offered("claude-notify", "$(touch /tmp/pwned)")).toEqual([]);
	});

	it("zsh and fish get scripts of the same commands, another shell a refusal", async () => {
		const zsh = await cli.run(["completion", "zsh"]);
		expect(zsh.stdout).toMatch(/^#compdef claude-notify\n/);
		expect(zsh.stdout).toContain("'send:Send a text into one of your running sessions'");
		const fish = await cli.run(["completion", "fish"]);
		expect(fish.stdout).toContain("-a logout -d 'Revoke this machine\\'s login and remove it from the disk'");
		expect(await cli.run(["completion", "tcsh"])).toMatchObject({ code: 2, stdout: "" });
	});
});

it("each command's help has an example", async () => {
	const { stdout } = await cli.run(["completion", "bash"]);
	const names = /words="([^"]*) --help --version"/.exec(stdout)?.[1]?.split(" ") ?? [];
	expect(names.length).toBeGreaterThan(12);
	for (const name of names.filter((each) => each !== "run")) {
		const help = await cli.run([name, "--help"]);
		expect(help, name).toMatchObject({ code: 0, stdout: expect.stringContaining("EXAMPLE ") });
		expect(help.stdout).toContain(`claude-notify ${name}`);
	}
});

it("docs/command-line.md names each command", async () => {
	const { stdout } = await cli.run(["completion", "bash"]);
	const names = /words="([^"]*) --help --version"/.exec(stdout)?.[1]?.split(" ") ?? [];
	const page = await readFile(resolve(import.meta.dirname, "../docs/command-line.md"), "utf8");
	const table = page.slice(page.indexOf("| command |"), page.indexOf("| exit code |"));
	expect(names.filter((name) => !new RegExp(`\\| .*\`${name}[ \`]`).test(table))).toEqual([]);
});
