import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { serverStarter } from "./helpers/server-process.ts";
import { until } from "./helpers/until.ts";

let start: Awaited<ReturnType<typeof serverStarter>>;
let folder: string;
let postgres: TestDatabase;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "claude-notify-process-"));
	start = await serverStarter(folder);
	postgres = await databases[1].open();
});
afterAll(async () => {
	await postgres.close();
	await rm(folder, { recursive: true, force: true });
});

const onPostgres = () => ({ DATABASE_URL: postgres.url ?? "" });

describe("the server process", () => {
	it("says where the simulated phone is, how to start Claude Code and how to pair", async () => {
		await using running = start({});
		const url = await running.address();
		await until(() => running.stdout().includes("/notify-setup"), 5000, running.stdout);
		expect(running.stdout()).toContain(`${url.href}dev/phone`);
		const root = resolve(import.meta.dirname, "..");
		expect(running.stdout()).toContain(`claude --plugin-dir ${relative(await realpath(folder), root)}\n`);
		expect(running.stdout()).toMatch(/\/notify-setup sms \+1\d+\n/);
		expect((await fetch(new URL("/dev/phone", url))).status).toBe(200);
	});

	it("logs to stderr only, as JSON lines (row 220)", async () => {
		await using running = start({ ...onPostgres(), LOG_LEVEL: "debug" });
		await fetch(new URL("/healthz", await running.address()));
		const lines = await until(
			() => /"route":"\/healthz"/.test(running.stderr()) && running.stderr().trim().split("\n"),
			5000,
			running.stderr,
		);
		for (const line of lines)
			expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), msg: expect.any(String) });
		expect(running.stdout()).not.toContain("{");
	});

	it.each(["SIGTERM", "SIGINT"] as const)("ends with 0 at %s, after the answers under way", async (signal) => {
		await using running = start(onPostgres());
		const url = await running.address();
		const stream = await fetch(new URL("/dev/phone/stream", url));
		running.child.kill(signal);
		expect(await stream.text()).toContain("event: run");
		expect(await running.ended).toBe(0);
		await expect(fetch(url)).rejects.toThrow();
	});

	it("takes the two signals of one Ctrl-C, from the terminal and from npm, for one", async () => {
		await using running = start(onPostgres());
		const url = await running.address();
		const stream = await fetch(new URL("/dev/phone/stream", url));
		running.child.kill("SIGINT");
		running.child.kill("SIGINT");
		await stream.text();
		expect(await running.ended).toBe(0);
	});

	it("ends at once at a second signal", async () => {
		await using running = start(onPostgres());
		const url = await running.address();
		// A request that never ends keeps the shutdown waiting.
		const socket = connect(Number(url.port), url.hostname);
		socket.on("error", () => undefined);
		socket.write("POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{");
		await until(async () => (await fetch(new URL("/healthz", url))).ok, 5000, running.stderr);
		running.child.kill("SIGTERM");
		await until(() => !running.child.kill("SIGTERM") || running.child.exitCode !== null, 3000, running.stderr);
		expect(await running.ended).toBe(130);
		socket.destroy();
	});

	it("names PORT when the port is taken, and exits with 1", async () => {
		const other = createServer().listen(0, "127.0.0.1");
		await once(other, "listening");
		await using running = start({ ...onPostgres(), PORT: String((other.address() as AddressInfo).port) });
		expect(await running.ended).toBe(1);
		expect(running.stderr()).toMatch(/^Port \d+ is taken\. Set PORT to a free one\.\n$/);
		other.close();
	});

	it("lists what is wrong with the configuration, and exits with 1", async () => {
		await using running = start({ PORT: "eighty", TWILIO_AUTH_TOKEN: "0123456789abcdef0123456789abcdef" });
		expect(await running.ended).toBe(1);
		expect(running.stderr()).toMatch(/PORT: .*\n.*TWILIO_ACCOUNT_SID: /);
		expect(running.stderr()).not.toContain("0123456789abcdef");
	});

	it("exits with 1 and a sentence when the database cannot be reached", async () => {
		await using running = start({ DATABASE_URL: "postgres://nobody:hunter2@127.0.0.1:1/none" });
		expect(await running.ended).toBe(1);
		expect(running.stderr()).not.toMatch(/hunter2|at \w+ \(/);
		expect(running.stderr()).toMatch(/database/i);
	});

	it("offers no phone simulator in production", async () => {
		const { privateKey } = generateKeyPairSync("ed25519");
		const keys = {
			JWT_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
			DATA_KEY: randomBytes(32).toString("base64"),
		};
		await using running = start({ ...onPostgres(), NODE_ENV: "production", ...keys });
		const url = await running.address();
		expect((await fetch(new URL("/dev/phone", url))).status).toBe(404);
		await until(() => running.stdout().includes("/notify-setup"), 5000, running.stdout);
		expect(running.stdout()).not.toContain("simulator");
		expect(running.stdout()).toContain("TWILIO_ACCOUNT_SID");
	});
});
