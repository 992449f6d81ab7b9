import { randomUUID } from "node:crypto";
import { chmod, mkdir, readdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { AskedApprovals } from "./asked-approvals.ts";

const [session, one, two] = [randomUUID(), randomUUID(), randomUUID()];

describe("what is asked", () => {
	it("is found by whoever comes after a kill, once, without what had ended", async () => {
		await using home = await temporaryFolder();
		const warnings: string[] = [];
		const open = () => new AskedApprovals(home.path, session, (line) => warnings.push(line));
		const killed = open();
		for (const id of [one, two]) killed.add(id);
		killed.remove(one);
		expect((await stat(join(home.path, "asked", `${session}.json`))).mode & 0o777).toBe(0o600);
		expect(open().takeLeft(new Date())).toEqual([two]);
		expect(open().takeLeft(new Date())).toEqual([]);
		expect(warnings).toEqual([]);
	});

	it("leaves no file when all has ended, and none of another session after a day", async () => {
		await using home = await temporaryFolder();
		const asked = new AskedApprovals(home.path, session, () => undefined);
		asked.add(one);
		asked.remove(one);
		const stale = join(home.path, "asked", `${randomUUID()}.json`);
		await writeFile(stale, "[]");
		await utimes(stale, new Date(0), new Date(0));
		asked.takeLeft(new Date());
		expect(await readdir(join(home.path, "asked"))).toEqual([]);
	});

	it("in a broken file, or on a disk that cannot be written, is nothing, and no error", async () => {
		await using home = await temporaryFolder();
		const warnings: string[] = [];
		const asked = new AskedApprovals(home.path, session, (line) => warnings.push(line));
		await mkdir(join(home.path, "asked"));
		await writeFile(join(home.path, "asked", `${session}.json`), '["../../etc"');
		expect(asked.takeLeft(new Date())).toEqual([]);
		await writeFile(join(home.path, "asked", `${session}.json`), '["../../etc"]');
		expect(asked.takeLeft(new Date())).toEqual([]);
		await chmod(join(home.path, "asked"), 0o500);
		expect(() => asked.add(one)).not.toThrow();
		await chmod(join(home.path, "asked"), 0o700);
		expect(warnings.length).toBeGreaterThan(0);
	});
});
