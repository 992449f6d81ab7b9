import { type SpawnOptions, spawn } from "node:child_process";
import { resolve } from "node:path";
import { text as readText } from "node:stream/consumers";

// node .ci/test.ts [--quick] [vitest's own options]: every check runs, also after one that failed. --quick: no suite that takes minutes.
const root = resolve(import.meta.dirname, "..");
const [first, ...rest] = process.argv.slice(2);
const quick = first === "--quick";
const vitestOptions = quick ? ["--project", "unit", ...rest] : process.argv.slice(2);

/** Ends with the exit code, 1 for a signal. The tools are those of node_modules/.bin, which npm puts on PATH. */
function start([tool = "", ...args]: string[], options: SpawnOptions) {
	const child = spawn(tool, args, { cwd: root, shell: process.platform === "win32", ...options });
	const ended = new Promise<number>((done, fail) => {
		child.once("error", fail).once("close", (code) => done(code ?? 1));
	});
	return { child, ended };
}

async function quietly(command: string): Promise<boolean> {
	const { child, ended } = start(command.split(" "), { stdio: ["ignore", "pipe", "pipe"] });
	const read = (stream: typeof child.stdout) => (stream === null ? "" : readText(stream));
	const [code, out, err] = await Promise.all([ended, read(child.stdout), read(child.stderr)]);
	process.stdout.write(code === 0 ? `ok ${command}\n` : `FAILED ${command}\n${out}${err}\n`);
	return code === 0;
}

// The suites run what the build makes. By npm's scripts, so that these are proven too.
const built = quick || (await quietly("npm run --silent build"));
const checks = await Promise.all(["npm run --silent lint", "npm run --silent typecheck", "knip"].map(quietly));
const tested = await start(["vitest", "run", ...vitestOptions], { stdio: "inherit" }).ended;
process.exitCode = built && checks.every(Boolean) && tested === 0 ? 0 : 1;
