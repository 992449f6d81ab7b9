import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { buildServer } from "../../.ci/build.ts";
import { until } from "./until.ts";

const root = resolve(import.meta.dirname, "../..");

export interface ServerProcess extends AsyncDisposable {
	child: ChildProcess;
	stdout(): string;
	stderr(): string;
	/** Exit code, once it has ended. */
	ended: Promise<number | null>;
	/** Its address, once it has said so. */
	address(): Promise<URL>;
}

/** Starts the server as `npm start` does, with this environment and nothing else. */
export async function serverStarter(folder: string): Promise<(env: Record<string, string>) => ServerProcess> {
	const main = await buildServer(root);
	return (env) => {
		const child = spawn(process.execPath, [main], {
			cwd: folder,
			env: { HOST: "127.0.0.1", PORT: "0", DATA_DIR: "data", ...env },
			stdio: ["ignore", "pipe", "pipe"],
		});
		let [out, err] = ["", ""];
		child.stdout?.setEncoding("utf8").on("data", (text) => {
			out += text;
		});
		child.stderr?.setEncoding("utf8").on("data", (text) => {
			err += text;
		});
		const ended = once(child, "close").then(([code]) => code as number | null);
		return {
			child,
			stdout: () => out,
			stderr: () => err,
			ended,
			async address() {
				const said = () => /listens on (http:\S+)/.exec(out)?.[1];
				// A new PGlite folder takes three seconds on a quiet machine, and many times that on a busy one.
				return new URL(await until(said, 40_000, () => `it said: ${out}${err}`));
			},
			async [Symbol.asyncDispose]() {
				child.kill("SIGKILL");
				await ended;
			},
		};
	};
}
