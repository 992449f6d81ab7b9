import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cli, openCli } from "./helpers/cli.ts";
import { isAlive, nodeDir, waitUntilGone } from "./helpers/processes.ts";
import { until } from "./helpers/until.ts";

let cli: Cli;
let folder: string;
let node: string;

beforeAll(async () => {
	cli = await openCli();
	folder = join(cli.home, "..");
	node = join(await nodeDir(24), "node");
});

afterAll(() => cli[Symbol.asyncDispose]());

const sh = (script: string) => ["run", "sh", "-c", script];

/** `run` as a process that the test can send signals to. */
function start(words: readonly string[]) {
	const child = spawn(node, [cli.script, "run", ...words], { cwd: folder, env: cli.env(), stdio: "pipe" });
	let said = "";
	child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
		said += chunk;
	});
	const shows = (words: string) =>
		until(
			() => said.includes(words),
			20_000,
			() => `it said: ${said}`,
		);
	return { child, shows, said: () => said, ended: once(child, "close") };
}

it.each([20, 24] as const)("passes the exit code on Node %i (row W1)", async (version) => {
	expect(await cli.run(sh("echo out; echo err >&2; exit 7"), { node: version })).toEqual({
		code: 7,
		signal: null,
		stdout: "out\n",
		stderr: "err\n",
	});
	expect(await cli.run(["run", "true"], { node: version })).toMatchObject({ code: 0, stdout: "", stderr: "" });
});

it("a command that a signal killed gives 128+n (row W2)", async () => {
	expect(await cli.run(sh("kill -TERM $$"))).toMatchObject({ code: 143 });
	expect(await cli.run(sh("kill -9 $$"))).toMatchObject({ code: 137 });
});

it("a command that is not there gives 127, one that cannot be executed 126, a wrong option 125 (row W3)", async () => {
	expect(await cli.run(["run", "no-such-command"])).toEqual({
		code: 127,
		signal: null,
		stdout: "",
		stderr: "claude-notify: there is no command no-such-command.\n",
	});
	await writeFile(join(folder, "plain.txt"), "no program");
	await chmod(join(folder, "plain.txt"), 0o644);
	expect(await cli.run(["run", "./plain.txt"])).toMatchObject({
		code: 126,
		stderr: expect.stringContaining("cannot be"),
	});
	expect(await cli.run(["run", "--frob", "true"])).toMatchObject({ code: 125, stdout: "" });
	expect(await cli.run(["run"])).toMatchObject({ code: 125 });
	expect(await cli.run(["run", "--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("--on-fail") });
});

it("a part of the shell is named as one, and --shell runs it (row W33)", async () => {
	expect(await cli.run(["run", "cd", "/tmp"])).toMatchObject({
		code: 127,
		stderr: expect.stringContaining("claude-notify run --shell"),
	});
	expect(await cli.run(["run", "--shell", "cd /tmp && pwd"])).toMatchObject({ code: 0, stdout: "/tmp\n" });
});

it.each(["SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGINT"] as const)(
	"%s reaches the command once (rows W4, W6)",
	async (signal) => {
		const trap = `n=0; trap 'n=$((n+1)); echo got $n' ${signal.slice(3)}; echo ready; while [ $n = 0 ]; do sleep 0.05; done; sleep 0.5; exit $n`;
		const run = start(["sh", "-c", trap]);
		await run.shows("ready");
		run.child.kill(signal);
		expect((await run.ended)[0]).toBe(1);
		expect(run.said()).toBe("ready\ngot 1\n");
	},
);

it("killed itself, it leaves no orphan behind (row W7)", async () => {
	const run = start(["sh", "-c", "echo pid $$; exec sleep 300"]);
	const pid = await until(
		() => /pid (\d+)/.exec(run.said())?.[1],
		20_000,
		() => run.said(),
	);
	expect(await isAlive(Number(pid))).toBe(true);
	run.child.kill("SIGKILL");
	await waitUntilGone(Number(pid), 30_000);
});

it("standard input is the command's own, with its end (rows W13, W14)", async () => {
	expect(await cli.run(["run", "cat"], { input: "x\n" })).toMatchObject({ code: 0, stdout: "x\n" });
	expect(await cli.run(["run", "cat"])).toMatchObject({ code: 0, stdout: "" });
	const big = "0123456789abcdef".repeat(40_000);
	expect((await cli.run(["run", "cat"], { input: big })).stdout === big).toBe(true);
});

it("3 MB of random bytes come through as they are, out and err apart (rows W15, W16)", async () => {
	const random = join(folder, "random");
	await cli.run(sh(`head -c 3000000 /dev/urandom > ${random}`));
	const script = `'${node}' '${cli.script}' run sh -c 'cat ${random}; echo err >&2' > ${random}.out 2> ${random}.err`;
	const { code } = await shell(script);
	expect(code).toBe(0);
	expect((await readFile(random)).equals(await readFile(`${random}.out`))).toBe(true);
	expect(await readFile(`${random}.err`, "utf8")).toBe("err\n");
});

async function shell(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
	const child = spawn("/bin/bash", ["-c", script], { cwd: folder, env: cli.env(), stdio: ["ignore", "pipe", "pipe"] });
	const [[code], stdout, stderr] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
	return { code, stdout, stderr };
}

it("what it writes to is a pipe as in a shell: /dev/stdout can be opened (row W15)", async () => {
	expect(await cli.run(sh("echo x > /dev/stdout"))).toMatchObject({ code: 0, stdout: "x\n" });
});

it("what a command leaves running does not hold up its end", async () => {
	expect(await cli.run(sh("sleep 5 & echo started; exit 4"))).toMatchObject({ code: 4, stdout: "started\n" });
});

it("a reader that leaves early ends it as a pipe does, without a stack trace (row W19)", async () => {
	const ended = await shell(`'${node}' '${cli.script}' run yes | head -1; echo "code \${PIPESTATUS[0]}"`);
	expect(ended).toEqual({ code: 0, stdout: "y\ncode 141\n", stderr: "" });
});

it("a gigabyte goes through in less than 150 MB (row W17)", async () => {
	const script = "head -c 1000000000 /dev/zero; grep VmHWM /proc/$PPID/status >&2";
	const { code, stdout, stderr } = await shell(`'${node}' '${cli.script}' run sh -c '${script}' | wc -c`);
	expect({ code, stdout }).toEqual({ code: 0, stdout: "1000000000\n" });
	expect(Number(/VmHWM:\s*(\d+) kB/.exec(stderr)?.[1])).toBeLessThan(146_484);
}, 180_000);

it("a slow reader slows the command down (row W18)", async () => {
	const slow = `'${node}' '${cli.script}' run sh -c 'yes & echo $! > yes.pid; wait' | (sleep 3; head -c 100000000 | wc -c) & wait`;
	const ended = shell(slow);
	const wrapper = await until(
		async () => {
			const yes = await readFile(join(folder, "yes.pid"), "utf8").catch(() => "");
			return yes.trim() === "" ? undefined : Number(yes.trim());
		},
		20_000,
		() => "it did not start",
	);
	const written = async () => Number(/^wchar: (\d+)/m.exec(await readFile(`/proc/${wrapper}/io`, "utf8"))?.[1]);
	await new Promise((resolve) => setTimeout(resolve, 1500));
	// What fits into the pipes on the way, and no more.
	expect(await written()).toBeLessThan(4_000_000);
	expect((await ended).stdout).toBe("100000000\n");
	await waitUntilGone(wrapper, 20_000);
});
