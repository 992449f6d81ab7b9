import { existsSync, statSync, utimesSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { KnownSessions } from "./known-sessions.ts";

describe("the sessions that ran on this machine", () => {
	it("are known with their folder, also after their end, and for their owner only (row 135)", async () => {
		await using home = await temporaryFolder();
		const known = new KnownSessions(home.path, () => new Date());
		expect(known.read("aaa")).toBeUndefined();
		known.add("aaa", { cwd: "/work/api" });
		expect(known.read("aaa")).toEqual({ cwd: "/work/api" });
		expect(statSync(join(home.path, "known", "aaa.json")).mode & 0o077).toBe(0);
	});

	it("are forgotten after 30 days", async () => {
		await using home = await temporaryFolder();
		const known = new KnownSessions(home.path, () => new Date());
		known.add("old", { cwd: "/x" });
		const old = join(home.path, "known", "old.json");
		const then = new Date(Date.now() - 31 * 86_400_000);
		utimesSync(old, then, then);
		known.add("new", { cwd: "/x" });
		expect([existsSync(old), known.read("new")]).toEqual([false, { cwd: "/x" }]);
	});

	it.each(["../auth", "", "a/b", "-p"])("are none under a name like %j", async (id) => {
		await using home = await temporaryFolder();
		const known = new KnownSessions(home.path, () => new Date());
		known.add(id, { cwd: "/x" });
		expect(known.read(id)).toBeUndefined();
	});

	it("are none where the file cannot be read", async () => {
		await using home = await temporaryFolder();
		const known = new KnownSessions(home.path, () => new Date());
		known.add("aaa", { cwd: "/x" });
		await writeFile(join(home.path, "known", "aaa.json"), "{");
		expect(known.read("aaa")).toBeUndefined();
	});
});
