import { execFile } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cli, openCli } from "./helpers/cli.ts";
import { isAlive, nodeDir, signalIfAlive, waitUntilGone } from "./helpers/processes.ts";
import { answerTasks, type ScriptedServer, startScriptedServer } from "./helpers/scripted-server.ts";
import { inShell, type ShellTerminal } from "./helpers/shell-terminal.ts";
import { until } from "./helpers/until.ts";

let server: ScriptedServer;
let cli: Cli;
let folder: string;
let wrapped: string;

beforeAll(async () => {
	server = await startScriptedServer();
	answerTasks(server);
	cli = await openCli(server.url);
	cli.pair(server.url);
	await cli.installPty();
	folder = join(cli.home, "..");
	wrapped = `'${join(await nodeDir(24), "node")}' '${cli.script}' run`;
});

afterAll(async () => {
	await cli[Symbol.asyncDispose]();
	await server[Symbol.asyncDispose]();
});

interface Ended {
	tail: string;
	output_bytes: number;
}

/** The ends that have come, once there are `count` more than before. */
async function ends(work: () => Promise<void>, count = 1): Promise<Ended[]> {
	const before = server.bodies("PATCH /tasks/*").length;
	await work();
	await server.waitFor("PATCH /tasks/*", before + count, 40_000);
	return server
		.bodies("PATCH /tasks/*")
		.slice(before)
		.map((body) => Object(body));
}

/** In a shell whose first command of ours, of so many, must have had a pty of ours: without one nothing of its output is in its message. */
async function inShellOnPty(work: (terminal: ShellTerminal) => Promise<void>, commands = 1): Promise<void> {
	const [first] = await ends(() => inShell(cli, work), commands);
	expect(first?.output_bytes).toBeGreaterThan(0);
}

const read = (name: string) => readFile(join(folder, name), "utf8");

it("keeps the last line on the terminal and in the message, 20 of 20 times (row W20)", async () => {
	const told = await ends(async () => {
		await inShell(cli, async ({ type, shows }) => {
			await writeFile(
				join(folder, "twenty"),
				`for n in $(seq 20); do ${wrapped} --no-desktop sh -c 'seq 60000; echo END; exit 5'; echo code $?; done\n`,
			);
			await type("script -qec 'sh twenty' log > /dev/null; echo all do''ne");
			await shows(/all done/);
		});
	}, 20);
	const lines = (await read("log")).split(/\r?\n/);
	for (const line of ["60000", "END", "code 5"]) expect(lines.filter((each) => each === line)).toHaveLength(20);
	expect(lines.filter((line) => line.includes("\0"))).toEqual([]);
	expect(told.filter(({ tail }) => tail.endsWith("59999\n60000\nEND\n"))).toHaveLength(20);
}, 120_000);

it("out and err come in their own order, and the code is the command's (rows W1, W2, W3)", async () => {
	await writeFile(join(folder, "plain"), "no program");
	await chmod(join(folder, "plain"), 0o644);
	const [ordered] = await ends(async () => {
		await inShell(cli, async ({ type, shows }) => {
			await type(`${wrapped} sh -c 'for n in 1 2 3; do echo o$n; echo e$n >&2; done; exit 7'; echo co''de $?`);
			await shows(/o1\ne1\no2\ne2\no3\ne3\ncode 7/);
			await type(`clear; ${wrapped} sh -c 'kill -9 $$'; echo k $?; ${wrapped} sh -c 'kill $$'; echo t $?`);
			await shows(/k 137\nt 143/);
			await type(`clear; ${wrapped} no-such; echo n $?; ${wrapped} ./plain; echo p $?`);
			await shows(/there is no command no-such\.\nn 127\n.*cannot be executed\.\np 126/);
		});
	}, 3);
	expect(ordered?.tail).toBe("o1\ne1\no2\ne2\no3\ne3\n");
	expect(server.bodies("PATCH /tasks/*").slice(-2)).toMatchObject([{ signal: "SIGKILL" }, { signal: "SIGTERM" }]);
});

it("the environment is the shell's own but for the task's id, also what no shell could name (row W35)", async () => {
	await inShellOnPty(async ({ type, shows }) => {
		await type(`export 'A_B=two words'; f() { :; }; export -f f; unset SHLVL OLDPWD`);
		await type(
			`env > plain-env; ${wrapped} sh -c 'env > "$1"; echo wr""itten' x own-env; PWD=/nowhere env -u TERM ${wrapped} env > other`,
		);
		await shows(/written/);
		await type(`${wrapped} env > /dev/null; ${wrapped} cp /proc/self/environ environ; echo co''pied`);
		await shows(/copied/);
	}, 4);
	const lines = (text: string) => text.split("\0").filter((line) => line !== "");
	const environ = lines(await read("environ")).filter((line) => !line.startsWith("_="));
	const plain = lines((await read("plain-env")).replaceAll(/\n(?=[A-Za-z_][A-Za-z0-9_%]*=)/g, "\0")).map((line) =>
		line.replace(/\n$/, ""),
	);
	expect(environ.filter((line) => !plain.includes(line))).toEqual([expect.stringMatching(/^CLAUDE_NOTIFY_TASK_ID=/)]);
	expect(plain.filter((line) => !environ.includes(line) && !line.startsWith("_="))).toEqual([]);
	expect(plain).toContainEqual(expect.stringContaining("BASH_FUNC_f%%="));
});

it("a window that changes its size is heard of (row W10)", async () => {
	await inShellOnPty(async ({ type, shows }) => {
		await type(`tty > tty; ${wrapped} sh -c 'trap "stty size; exit" WINCH; echo re""ady; while :; do sleep 0.1; done'`);
		await shows(/^ready$/m);
		await promisify(execFile)("stty", ["-F", (await read("tty")).trim(), "rows", "33", "cols", "99"]);
		await shows(/^33 99$/m);
	});
});

it("an editor works, is stopped by Ctrl-Z, and goes on by fg (rows W8, W11)", async () => {
	await inShellOnPty(async ({ type, shows, press, write }) => {
		await type(`${wrapped} vim -u NONE -N letter; echo co''de $?`);
		await shows(/letter.*\[New\]/);
		await write("ifirst line");
		await press("Escape", "C-z");
		await shows(/Stopped/);
		await type("clear; fg; echo co''de $?");
		await shows(/^first line/m);
		await write("osecond");
		await press("Escape");
		await type(":wq");
		await shows(/code 0/);
	});
	expect(await read("letter")).toBe("first line\nsecond\n");
});

it("stopped, sent to the background and fetched again, it reads from the terminal (row W8)", async () => {
	await inShellOnPty(async ({ type, shows, press }) => {
		await type(`${wrapped} sh -c 'echo as""king; read x; echo got=$x'; echo co''de $?`);
		await shows(/^asking$/m);
		await press("C-z");
		await shows(/Stopped/);
		await type("bg; echo still he''re");
		await shows(/still here/);
		await type("fg");
		await shows(/\$ fg/);
		// The wrapper looks twice a second whether it has the terminal again.
		await new Promise((resolve) => setTimeout(resolve, 1200));
		await type("answer");
		await shows(/got=answer/);
		await type("echo the shell is ba''ck");
		await shows(/the shell is back/);
	});
});

it("in the background it neither stops nor touches the terminal", async () => {
	await ends(() =>
		inShell(cli, async ({ type, shows }) => {
			await type(
				`stty -g > before; ${wrapped} sh -c 'sleep 0.5; echo fini""shed' & sleep 2; stty -g > after; echo lo''oked`,
			);
			await shows(/finished[\s\S]*looked/);
		}),
	);
	expect(await read("after")).toBe(await read("before"));
});

it("Ctrl-C is told as an interruption (row 81)", async () => {
	await ends(async () => {
		await inShell(cli, async ({ type, shows, press }) => {
			await type(`${wrapped} sh -c 'echo re""ady; sleep 60'; echo co''de $?`);
			await shows(/^ready$/m);
			await press("C-c");
			await shows(/code 130/);
		});
	});
	expect(server.bodies("PATCH /tasks/*").at(-1)).toMatchObject({ interrupted: true, signal: "SIGINT" });
});

it("killed itself, it leaves neither the command nor a raw terminal behind (rows W7, W12)", async () => {
	await inShell(cli, async ({ type, shows, screen }) => {
		// A shell in between, since the person's own one would mend its terminal.
		await writeFile(
			join(folder, "between"),
			`sh -c 'echo $$ > wrapper; exec "$@"' x ${wrapped} sh -c 'echo pid=$$.; exec sleep 300'\nsleep 3; stty -g > after\n`,
		);
		await type("stty -g > before; sh between; echo al''l");
		await shows(/^pid=\d+\.$/m);
		const command = Number(/^pid=(\d+)\.$/m.exec(await screen())?.[1]);
		expect(await isAlive(command)).toBe(true);
		signalIfAlive(Number(await read("wrapper")), "SIGKILL");
		await waitUntilGone(command, 20_000);
		await shows(/all/);
	});
	expect(await read("after")).toBe(await read("before"));
});

it("what the command leaves running lives on", async () => {
	let left = 0;
	await inShellOnPty(async ({ type, shows, screen }) => {
		await type(`${wrapped} sh -c 'sleep 300 & echo left=$!.'; echo co''de $?`);
		await shows(/code 0/);
		left = Number(/left=(\d+)\./.exec(await screen())?.[1]);
		expect(await isAlive(left)).toBe(true);
	});
	signalIfAlive(left, "SIGKILL");
});

it("prints 200 MB in less than 150 MB of memory (row W17)", async () => {
	await inShellOnPty(async ({ type, shows }) => {
		const big = `head -c 200000000 /dev/zero | tr "\\\\0" x; echo; grep VmHWM /proc/$(cat wrapper)/status > memory; echo al""l`;
		await type(`sh -c 'echo $$ > wrapper; exec ${wrapped.replaceAll("'", "")} sh -c "$1"' x '${big}'`);
		await until(
			async () => /VmHWM/.test(await read("memory").catch(() => "")),
			60_000,
			() => "it has not ended",
		);
		await shows(/all/);
	});
	expect(Number(/VmHWM:\s*(\d+) kB/.exec(await read("memory"))?.[1])).toBeLessThan(146_484);
}, 120_000);
