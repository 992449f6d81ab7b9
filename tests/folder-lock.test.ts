import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { lockFolder } from "../server/db/folder-lock.ts";
import { startOf } from "../server/db/process-start.ts";
import { until } from "./helpers/until.ts";

const child = resolve(import.meta.dirname, "helpers/locker-child.ts");
const longAgo = new Date(Date.now() - 3_600_000);

async function freshFolder(): Promise<string> {
	const parent = await mkdtemp(join(tmpdir(), "claude-notify-lock-"));
	onTestFinished(() => rm(parent, { recursive: true, force: true }));
	return join(parent, "pglite");
}

interface Locker {
	process: ChildProcess;
	lines: string[];
	ended: Promise<unknown>;
}

/** A process that takes the folder and holds it. `said`, if given, gets its lines too, in the order of all processes. */
function locker(folder: string, holdMs: number, said: string[] = []): Locker {
	const process_ = spawn(process.execPath, [child, folder, String(holdMs)], { stdio: ["ignore", "pipe", "inherit"] });
	onTestFinished(() => void process_.kill("SIGKILL"));
	const lines: string[] = [];
	process_.stdout.setEncoding("utf8").on("data", (text: string) => {
		for (const line of text.trim().split("\n")) {
			lines.push(line);
			said.push(line);
		}
	});
	return { process: process_, lines, ended: once(process_, "close") };
}
const saysSomething = ({ lines }: Locker) =>
	until(
		() => lines.length > 0,
		20_000,
		() => "the process said nothing",
	);

async function killed(folder: string): Promise<void> {
	const owner = locker(folder, 60_000);
	await saysSomething(owner);
	owner.process.kill("SIGKILL");
	await owner.ended;
}

describe("the lock of a folder that only one process may use", () => {
	it("is refused at once while its owner lives, who is named, and free when it is given back", async () => {
		const folder = await freshFolder();
		const owner = locker(folder, 60_000);
		await saysSomething(owner);
		const startedAt = performance.now();
		await expect(lockFolder(folder)).rejects.toThrow(
			`Another server (process ${owner.process.pid}) already uses ${folder}`,
		);
		expect(performance.now() - startedAt).toBeLessThan(1000);
		owner.process.kill("SIGKILL");
		await owner.ended;
		const own = await lockFolder(folder);
		await expect(lockFolder(folder)).rejects.toThrow(`process ${process.pid}`);
		await own.release();
		await (await lockFolder(folder)).release();
	}, 30_000);

	it("stays with an owner that was asleep, however long", async () => {
		const folder = await freshFolder();
		const owner = locker(folder, 60_000);
		await saysSomething(owner);
		owner.process.kill("SIGSTOP");
		await utimes(`${folder}.lock`, longAgo, longAgo);
		await expect(lockFolder(folder)).rejects.toThrow(`process ${owner.process.pid}`);
	});

	it("is taken over from a killed owner within five seconds", async () => {
		const folder = await freshFolder();
		await killed(folder);
		const startedAt = performance.now();
		const lock = await lockFolder(folder);
		expect(performance.now() - startedAt).toBeLessThan(5000);
		await lock.release();
	}, 20_000);

	it("is taken over when the owner's number is another process's by now", async () => {
		const folder = await freshFolder();
		await killed(folder);
		const later = { pid: process.pid, host: hostname(), startedAt: "another boot:17" };
		await writeFile(`${folder}.owner`, JSON.stringify(later));
		await (await lockFolder(folder)).release();
	}, 20_000);

	it("is left to an owner on another machine whose heart beats, and taken over when it is silent", async () => {
		const folder = await freshFolder();
		const there = await lockFolder(folder);
		await writeFile(`${folder}.owner`, JSON.stringify({ pid: 1, host: "another-machine", startedAt: "1" }));
		await expect(lockFolder(folder)).rejects.toThrow(`Another server already uses ${folder}`);
		await there.release();
		await killed(folder);
		await writeFile(`${folder}.owner`, JSON.stringify({ pid: 1, host: "another-machine", startedAt: "1" }));
		await (await lockFolder(folder)).release();
		expect(await readFile(`${folder}.owner`, "utf8")).toContain(`"pid":${process.pid}`);
	}, 40_000);

	it("goes to one of six processes that find its owner dead at the same moment", async () => {
		for (let round = 0; round < 3; round++) {
			const folder = await freshFolder();
			await killed(folder);
			await utimes(`${folder}.lock`, longAgo, longAgo);
			const said: string[] = [];
			const six = Array.from({ length: 6 }, () => locker(folder, 500, said));
			await Promise.all(six.map(({ ended }) => ended));
			const [first = ""] = said;
			expect(first).toMatch(/^\+\d+$/);
			// Whoever else got it began after the one before had given it back.
			const holding = said.filter((line) => !line.startsWith("!"));
			for (let at = 0; at < holding.length; at += 2) expect(holding[at + 1]).toBe(holding[at]?.replace("+", "-"));
			for (const line of said.filter((each) => each.startsWith("!"))) expect(line).toContain("already uses");
		}
	}, 60_000);

	it("knows a process by when it began", async () => {
		expect(await startOf(process.pid)).toBe(await startOf(process.pid));
		expect(await startOf(process.pid)).not.toBe(await startOf(process.ppid));
		expect(await startOf(2 ** 22 + 1)).toBeUndefined();
	});
});
