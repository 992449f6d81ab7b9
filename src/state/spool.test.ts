import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { uuidv7 } from "uuidv7";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import type { EventType, ReportEvent } from "../contract/events.ts";
import { maxSpooled, Spool } from "./spool.ts";

const session = "0192f0c8-1a2b-4c3d-8e4f-5a6b7c8d9e0f";
const childScript = join(import.meta.dirname, "../../tests/helpers/spool-child.ts");

function event(type: EventType = "done", message = "x"): ReportEvent {
	return { id: uuidv7(), type, occurred_at: new Date().toISOString(), details: { message } };
}

function open(home: string): Spool {
	return new Spool(home, session, (message) => {
		throw new Error(message);
	});
}

/** What the child printed for it. */
function labelOf({ details }: ReportEvent): string {
	return details.message?.split(" ").slice(0, 2).join(" ") ?? "";
}

function drain(spool: Spool): ReportEvent[] {
	const taken: ReportEvent[] = [];
	for (let next = spool.first(); next !== undefined; next = spool.first()) {
		taken.push(next);
		spool.settle(next.id);
	}
	return taken;
}

describe("the spool", () => {
	it("gives events back in order and with their ids, also to the next process (row 68)", async () => {
		await using home = await temporaryFolder();
		const events = [event("error"), event("done"), event("permission")];
		const spool = open(home.path);
		for (const each of events) spool.append(each);
		expect(drain(open(home.path))).toEqual(events);
		expect(existsSync(spool.path)).toBe(false);
	});

	it("goes on where it was when only a part was taken", async () => {
		await using home = await temporaryFolder();
		const events = [event(), event(), event()];
		const spool = open(home.path);
		for (const each of events) spool.append(each);
		spool.settle(events[0]?.id ?? "");
		expect(drain(open(home.path))).toEqual(events.slice(1));
	});

	it("is readable by its owner only", async () => {
		await using home = await temporaryFolder();
		const spool = open(home.path);
		spool.append(event());
		expect(statSync(spool.path).mode & 0o777).toBe(0o600);
	});

	it("ignores a last line that a kill tore, and loses nothing that comes after it", async () => {
		await using home = await temporaryFolder();
		const [first, second] = [event(), event()];
		open(home.path).append(first);
		const { path } = open(home.path);
		appendFileSync(path, JSON.stringify({ put: event() }).slice(0, 60));
		open(home.path).append(second);
		expect(drain(open(home.path))).toEqual([first, second]);
	});

	it("ignores lines that are none of ours", async () => {
		await using home = await temporaryFolder();
		const spool = open(home.path);
		const kept = event();
		spool.append(kept);
		appendFileSync(spool.path, 'null\n[]\n{"put":{"id":"x"}}\n{"__proto__":{}}\n\u0000\n');
		expect(drain(open(home.path))).toEqual([kept]);
	});

	it("holds 1,000 events; then the oldest that is no error makes room, and the next one tells how many did (row 69)", async () => {
		await using home = await temporaryFolder();
		const spool = open(home.path);
		const errors = [event("error", "first"), event("error", "second")];
		const others = Array.from({ length: maxSpooled - 2 }, (_, at) => event("progress", String(at)));
		for (const each of [...errors, ...others]) spool.append(each);
		expect(spool.append(event("done", "a")).details).toEqual({ message: "a", dropped: 1 });
		expect(spool.append(event("done", "b")).details).toEqual({ message: "b", dropped: 1 });
		expect(spool.size).toBe(maxSpooled);
		const kept = drain(open(home.path));
		expect(kept).toHaveLength(maxSpooled);
		expect(kept.slice(0, 3).map(({ details }) => details.message)).toEqual(["first", "second", "2"]);
		expect(kept.slice(-2).map(({ details }) => details.message)).toEqual(["a", "b"]);
	});

	it("never forgets what was dropped: the count passes on when its bearer is dropped too (row 69)", async () => {
		await using home = await temporaryFolder();
		const spool = open(home.path);
		for (let at = 0; at < maxSpooled * 2 + 5; at++) spool.append(event("progress", String(at)));
		const told = drain(spool).reduce((sum, { details }) => sum + (details.dropped ?? 0), 0);
		expect(told).toBe(maxSpooled + 5);
	});

	it("gives up the oldest error when there are nothing but errors", async () => {
		await using home = await temporaryFolder();
		const spool = open(home.path);
		for (let at = 0; at <= maxSpooled; at++) spool.append(event("error", String(at)));
		expect([spool.size, spool.first()?.details.message]).toEqual([maxSpooled, "1"]);
	});

	it("does not grow without end while events come and go", async () => {
		await using home = await temporaryFolder();
		const spool = open(home.path);
		spool.append(event("error", "stays"));
		for (let at = 0; at < 3000; at++) {
			const next = event("progress");
			spool.append(next);
			spool.settle(next.id);
		}
		expect(readFileSync(spool.path, "utf8").split("\n").length).toBeLessThan(1100);
		expect(drain(open(home.path)).map(({ details }) => details.message)).toEqual(["stays"]);
	});

	it("takes in what another process appended meanwhile", async () => {
		await using home = await temporaryFolder();
		const [mine, theirs] = [event(), event()];
		const spool = open(home.path);
		spool.append(mine);
		open(home.path).append(theirs);
		spool.reload();
		expect(drain(spool)).toEqual([mine, theirs]);
	});

	it("keeps events in memory when the disk refuses them, and says so (row 70)", async () => {
		await using home = await temporaryFolder();
		const warnings: string[] = [];
		writeFileSync(join(home.path, "spool"), "a file where the folder should be");
		const spool = new Spool(home.path, session, (message) => warnings.push(message));
		const events = [event("error"), event("done")];
		for (const each of events) spool.append(each);
		spool.reload();
		expect(drain(spool)).toEqual(events);
		expect(warnings.length).toBeGreaterThan(0);
	});

	it("takes no name that is not a session's id", async () => {
		await using home = await temporaryFolder();
		expect(() => new Spool(home.path, "../../auth", () => undefined)).toThrow();
	});

	it("throws everything away for a session that is over", async () => {
		await using home = await temporaryFolder();
		const spool = open(home.path);
		spool.append(event());
		spool.discard();
		expect([spool.size, existsSync(spool.path), open(home.path).size]).toEqual([0, false, 0]);
	});
});

describe("a spool that several processes use", () => {
	it("has every event whose append had returned when its process was killed -9", async () => {
		await using home = await temporaryFolder();
		for (const label of ["a", "b", "c"]) {
			const child = spawn(process.execPath, [childScript, home.path, session, label]);
			const output = text(child.stdout);
			child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), 40));
			// A kill cuts the pipe as well: its last line may be half.
			const returned = (await output).split("\n").slice(0, -1);
			expect(returned.length).toBeGreaterThan(0);
			const kept = drain(open(home.path)).map(labelOf);
			// The bound lets the oldest go.
			expect(returned.slice(-maxSpooled + 1).filter((each) => !kept.includes(each))).toEqual([]);
		}
	});

	it("loses no event of two that append while a third takes and rewrites", async () => {
		await using home = await temporaryFolder();
		const settler = open(home.path);
		const children = ["a", "b"].map((label) =>
			spawn(process.execPath, [childScript, home.path, session, label, "400"]),
		);
		const ended = Promise.all(children.map((child) => once(child, "exit")));
		let running = true;
		void ended.then(() => {
			running = false;
		});
		const taken = new Set<string>();
		while (running || settler.size > 0) {
			settler.reload();
			for (const each of drain(settler)) taken.add(labelOf(each));
			await new Promise((passed) => setTimeout(passed, 1));
			settler.reload();
		}
		const all = ["a", "b"].flatMap((label) => Array.from({ length: 400 }, (_, at) => `${label} ${at}`));
		expect(all.filter((each) => !taken.has(each))).toEqual([]);
		expect(readdirSync(join(home.path, "spool"))).toEqual([]);
	});
});

it("a spool on a read-only disk fails no hook (row 70)", async () => {
	await using home = await temporaryFolder();
	chmodSync(home.path, 0o500);
	const spool = new Spool(home.path, randomUUID(), () => undefined);
	expect(spool.append(event()).type).toBe("done");
	chmodSync(home.path, 0o700);
});
