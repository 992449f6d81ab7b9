import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, chown, glob, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "./free-port.ts";
import { until } from "./until.ts";

const run = promisify(execFile);

/** A PostgreSQL of a test's own, that may be shut down as hard as the test wants. */
export interface PostgresCluster extends AsyncDisposable {
	/** Makes a database; its URL. */
	createDatabase(name: string): Promise<string>;
	/** `pg_ctl restart -m immediate`: every connection is cut, nothing is written, the log is replayed. */
	restartImmediately(): Promise<void>;
	/** The same in two halves. */
	stopImmediately(): Promise<void>;
	start(): Promise<void>;
}

export async function startPostgresCluster(): Promise<PostgresCluster> {
	const bin = await binaries();
	const owner = await unprivileged();
	const folder = await mkdtemp(join(tmpdir(), "claude-notify-cluster-"));
	if (owner.uid !== undefined) await chown(folder, owner.uid, owner.gid);
	const data = join(folder, "data");
	await run(join(bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"], {
		...owner,
		cwd: folder,
	});
	const port = await freePort();
	await appendFile(
		join(data, "postgresql.conf"),
		`\nlisten_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = '${folder}'\n`,
	);
	const url = (name: string) => `postgres://postgres@127.0.0.1:${port}/${name}`;
	let server: ChildProcess | undefined;

	async function start(): Promise<void> {
		server = spawn(join(bin, "postgres"), ["-D", data], { ...owner, cwd: folder, stdio: "ignore" });
		await until(
			() => answers(url("postgres")),
			30_000,
			() => `no PostgreSQL answers on port ${port}`,
		);
	}
	async function stopImmediately(): Promise<void> {
		if (server === undefined || server.exitCode !== null) return;
		const ended = once(server, "exit");
		server.kill("SIGQUIT");
		await ended;
	}
	await start();
	return {
		async createDatabase(name) {
			await administer(url("postgres"), `create database ${name}`);
			return url(name);
		},
		start,
		stopImmediately,
		async restartImmediately() {
			await stopImmediately();
			await start();
		},
		async [Symbol.asyncDispose]() {
			await stopImmediately();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

async function answers(connectionString: string): Promise<boolean> {
	return administer(connectionString, "select 1").then(
		() => true,
		() => false,
	);
}

async function administer(connectionString: string, statement: string): Promise<void> {
	const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000 });
	client.on("error", () => undefined);
	try {
		await client.connect();
		await client.query(statement);
	} finally {
		await client.end().catch(() => undefined);
	}
}

/** Debian keeps the server's programs out of PATH. */
async function binaries(): Promise<string> {
	const found: string[] = [];
	for await (const path of glob("/usr/lib/postgresql/*/bin/initdb")) found.push(join(path, ".."));
	const newest = found.toSorted((a, b) => a.localeCompare(b, undefined, { numeric: true })).at(-1);
	if (newest !== undefined) return newest;
	const { stdout } = await run("pg_config", ["--bindir"]);
	return stdout.trim();
}

/** PostgreSQL refuses to run as root. */
async function unprivileged(): Promise<{ uid?: number; gid: number }> {
	const own = process.getgid?.() ?? 0;
	if (process.getuid?.() !== 0) return { gid: own };
	for (const name of ["postgres", "nobody"]) {
		const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, name]).catch(() => undefined)));
		if (uid !== undefined && gid !== undefined) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
	}
	throw new Error("There is no unprivileged user to run PostgreSQL as.");
}
