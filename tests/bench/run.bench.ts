import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { it, onTestFinished } from "vitest";
import { checkGoals } from "../helpers/bench-goals.ts";
import { openCli } from "../helpers/cli.ts";
import { nodeDir } from "../helpers/processes.ts";
import { median, percentile, table } from "./figures.ts";

const starts = 30;
const transfers = 3;
const gigabyte = 1_000_000_000;

/** Milliseconds of one start, with pipes as a script has them. */
function startOf([program, ...args]: readonly [string, ...string[]], env: Record<string, string>): number {
	const beganAt = performance.now();
	spawnSync(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
	return performance.now() - beganAt;
}

it("prints what a start of run costs beside the command and Node alone", async () => {
	const cli = await openCli();
	onTestFinished(() => cli[Symbol.asyncDispose]());
	const node = join(await nodeDir(24), "node");
	const variants = {
		true: ["/usr/bin/true"],
		"node -e 0": [node, "-e", "0"],
		"node that spawns true": [node, "-e", "require('node:child_process').spawn('true', { stdio: 'inherit' })"],
		"run --no-capture -- true": [node, cli.script, "run", "--no-capture", "--", "true"],
		"run -- true": [node, cli.script, "run", "--", "true"],
	} as const;
	const samples = Object.entries(variants).map(([name, command]) => ({ name, command, ms: [] as number[] }));
	// Interleaved, so that the machine's noise falls on all alike.
	for (let n = 0; n < starts; n++) for (const { command, ms } of samples) ms.push(startOf(command, cli.env()));
	const base = median(samples.find(({ name }) => name === "node -e 0")?.ms ?? []);
	const rows = samples.map(({ name, ms }) => [name, median(ms), percentile(ms, 90), median(ms) / base]);
	const head = ["command", "median ms", "p90 ms", "times node -e 0"];
	process.stdout.write(`\n${starts} starts each, interleaved\n${table(head, rows)}\n`);
	const times = median(samples.at(-1)?.ms ?? []) / base;
	checkGoals([{ name: "run -- true at most 1.3 times node -e 0", measured: times, met: times <= 1.3 }]);
});

it("prints how fast a gigabyte goes through", async () => {
	const cli = await openCli();
	onTestFinished(() => cli[Symbol.asyncDispose]());
	const node = join(await nodeDir(24), "node");
	const source = `head -c ${gigabyte} /dev/zero`;
	const memory = "grep VmHWM /proc/$PPID/status >&2";
	const through = async (script: string) => {
		const beganAt = performance.now();
		const child = spawn("/bin/sh", ["-c", script], { env: cli.env(), stdio: ["ignore", "ignore", "pipe"] });
		const [said] = await Promise.all([text(child.stderr), once(child, "close")]);
		return { ms: performance.now() - beganAt, kB: Number(/VmHWM:\s*(\d+)/.exec(said)?.[1]) };
	};
	const [cat, run]: [number[], number[]] = [[], []];
	let most = 0;
	for (let n = 0; n < transfers; n++) {
		cat.push((await through(`${source} | cat | cat > /dev/null`)).ms);
		const { ms, kB } = await through(`'${node}' '${cli.script}' run sh -c '${source}; ${memory}' | cat > /dev/null`);
		run.push(ms);
		most = Math.max(most, kB / 1024);
	}
	const share = (100 * median(cat)) / median(run);
	const rows = [
		["cat", median(cat), gigabyte / 1e3 / median(cat)],
		["run", median(run), gigabyte / 1e3 / median(run)],
	];
	process.stdout.write(`\n1 GB through a pipe\n${table(["through", "median ms", "MB/s"], rows)}\n`);
	checkGoals([
		{ name: "at least 70 % of cat's pace", measured: share, met: share >= 70 },
		{ name: "less than 150 MB of memory", measured: most, met: most < 150 },
	]);
});
