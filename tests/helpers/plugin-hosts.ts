import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface GitHost extends AsyncDisposable {
	/** What `git clone` takes. */
	url: string;
}

/** Serves the working tree of `root`, as one commit, over git's smart HTTP on 127.0.0.1. */
export async function startGitHost(root: string): Promise<GitHost> {
	const folder = await mkdtemp(join(tmpdir(), "claude-notify-git-"));
	const tree = join(folder, "tree");
	const git = (...args: string[]) => run("git", ["-C", tree, "-c", "user.name=t", "-c", "user.email=t@t", ...args]);
	await mkdir(tree);
	for (const path of await filesOf(root)) {
		await mkdir(dirname(join(tree, path)), { recursive: true });
		await cp(join(root, path), join(tree, path));
	}
	await git("init", "--quiet", "--initial-branch=main");
	await git("add", "--all", "--force");
	await git("commit", "--quiet", "--message=all");
	await run("git", ["clone", "--quiet", "--bare", tree, join(folder, "plugin.git")]);
	const server = createServer(gitBackend(folder));
	return { url: `${await listenLocally(server)}/plugin.git`, [Symbol.asyncDispose]: () => end([server], folder) };
}

/** Everything that a commit of all changes would hold. */
async function filesOf(root: string): Promise<string[]> {
	const list = async (...flags: string[]) => {
		const { stdout } = await run("git", ["-C", root, "ls-files", "-z", ...flags], { maxBuffer: 16_000_000 });
		return stdout.split("\0").filter((path) => path !== "");
	};
	const deleted = new Set(await list("--deleted"));
	return (await list("--cached", "--others", "--exclude-standard")).filter((path) => !deleted.has(path));
}

function gitBackend(folder: string): RequestListener {
	return (request, response) => {
		const { pathname, search } = new URL(request.url ?? "/", "http://127.0.0.1");
		const cgi = spawn("git", ["http-backend"], {
			env: {
				PATH: process.env["PATH"],
				GIT_PROJECT_ROOT: folder,
				GIT_HTTP_EXPORT_ALL: "1",
				GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
				PATH_INFO: pathname,
				QUERY_STRING: search.slice(1),
				REQUEST_METHOD: request.method,
				CONTENT_TYPE: request.headers["content-type"],
				HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
			},
			stdio: ["pipe", "pipe", "inherit"],
		});
		request.pipe(cgi.stdin);
		const chunks: Buffer[] = [];
		cgi.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
		cgi.stdout.on("end", () => answerAsCgi(response, Buffer.concat(chunks)));
	};
}

function answerAsCgi(response: ServerResponse, output: Buffer): void {
	const end = output.indexOf("\r\n\r\n");
	for (const line of output.subarray(0, end).toString().split("\r\n")) {
		const [name = "", value = ""] = line.split(/:\s*/, 2);
		if (name === "Status") response.statusCode = Number.parseInt(value, 10);
		else response.setHeader(name, value);
	}
	response.end(output.subarray(end + 4));
}

export interface ExampleHost extends AsyncDisposable {
	/** What a client needs to find `https://notify.example.com` here. */
	env: { HTTPS_PROXY: string; NODE_EXTRA_CA_CERTS: string };
	/** Paths that were asked for. */
	asked: string[];
}

/** `https://notify.example.com`, reached through a proxy on 127.0.0.1: the client refuses archives on loopback addresses. */
export async function startExampleHost(files: Record<string, Uint8Array | string>): Promise<ExampleHost> {
	const asked: string[] = [];
	// Key and self-signed certificate of a name that nobody owns, made for this helper alone.
	const pemFile = join(import.meta.dirname, "example-host.pem");
	const pem = readFileSync(pemFile);
	const host = createTlsServer({ key: pem, cert: pem }, (request, response) => {
		const path = request.url ?? "";
		asked.push(path);
		const file = files[path];
		if (file === undefined) response.statusCode = 404;
		response.end(file);
	});
	const hostPort = new URL(await listenLocally(host)).port;
	const proxy = createServer((_request, response) => response.writeHead(502).end());
	proxy.on("connect", (_request, socket) => {
		const upstream = connect(Number(hostPort), "127.0.0.1", () => {
			socket.write("HTTP/1.1 200 OK\r\n\r\n");
			upstream.pipe(socket).pipe(upstream);
		});
		upstream.on("error", () => socket.destroy());
		socket.on("error", () => upstream.destroy());
	});
	const env = { HTTPS_PROXY: await listenLocally(proxy), NODE_EXTRA_CA_CERTS: pemFile };
	return { env, asked, [Symbol.asyncDispose]: () => end([host, proxy]) };
}

async function listenLocally(server: Server): Promise<string> {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function end(servers: Server[], folder?: string): Promise<void> {
	for (const server of servers) server.close();
	if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}
