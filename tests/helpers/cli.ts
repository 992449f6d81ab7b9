import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, symlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { AuthFile } from "../../src/state/auth.ts";
import { buildInto } from "./companion-process.ts";
import { nodeDir } from "./processes.ts";
import { someTokens } from "./scripted-server.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

export interface CliEnded {
	code: number | null;
	signal: NodeJS.Signals | null;
	stdout: string;
	stderr: string;
}

export interface CliOptions {
	node?: 20 | 24;
	/** Added to PATH and HOME; nothing else is inherited. */
	env?: Record<string, string>;
	input?: string;
	cwd?: string;
	/** Another one than its own. */
	script?: string;
}

/** The bundled command line in a folder that has no node_modules, and the home of its user. */
export interface Cli extends AsyncDisposable {
	script: string;
	home: string;
	/** As npm installs it: node-pty beside it. */
	installPty(): Promise<void>;
	/** As if somebody had logged in. */
	pair(server: string): void;
	env(more?: Record<string, string>): Record<string, string>;
	run(args: readonly string[], options?: CliOptions): Promise<CliEnded>;
}

/** `built`: the script of another one, which takes no time. */
export async function openCli(server?: string, built?: Pick<Cli, "script">): Promise<Cli> {
	const folder: TemporaryFolder = await temporaryFolder();
	const script = built?.script ?? join(await buildInto(folder.path), "cli.cjs");
	const notifyHome = join(folder.path, "notify");
	const env = (more: Record<string, string> = {}) => ({
		PATH: "/usr/bin:/bin",
		HOME: folder.path,
		CLAUDE_NOTIFY_HOME: notifyHome,
		...(server === undefined ? {} : { CLAUDE_NOTIFY_URL: server }),
		...more,
	});
	return {
		script,
		home: notifyHome,
		env,
		async installPty() {
			const packages = join(dirname(script), "node_modules");
			await mkdir(packages);
			await symlink(resolve(import.meta.dirname, "../../node_modules/@lydell"), join(packages, "@lydell"));
		},
		pair(at) {
			const tokens = someTokens("access-1", new Date(Date.now() + 129_600_000));
			new AuthFile(notifyHome, () => new Date()).pair(at, tokens);
		},
		async run(args, options = {}) {
			const node = join(await nodeDir(options.node ?? 24), "node");
			const child = spawn(node, [options.script ?? script, ...args], {
				cwd: options.cwd ?? folder.path,
				env: env(options.env),
				stdio: ["pipe", "pipe", "pipe"],
			});
			// A program that does not read its input may be gone before it came.
			child.stdin.on("error", () => undefined);
			child.stdin.end(options.input ?? "");
			const [[code, signal], stdout, stderr] = await Promise.all([
				once(child, "close"),
				text(child.stdout),
				text(child.stderr),
			]);
			return { code, signal, stdout, stderr };
		},
		[Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
	};
}
