import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { ensurePrivateFolder, isSafeName, moveAside, readFolder, readIfThere, writePrivateFile } from "./files.ts";

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("files of this machine", () => {
	it("are for their owner only, in folders for their owner only (row 42)", async () => {
		await using folder = await temporaryFolder();
		const path = join(folder.path, "a", "b.json");
		writePrivateFile(path, "{}");
		expect([modeOf(join(folder.path, "a")), modeOf(path)]).toEqual(["700", "600"]);
	});

	it("are taken back from others when a folder was open to them", async () => {
		await using folder = await temporaryFolder();
		const path = join(folder.path, "open");
		mkdirSync(path);
		chmodSync(path, 0o755);
		ensurePrivateFolder(path);
		expect(modeOf(path)).toBe("700");
	});

	it("are replaced in one step and leave no draft behind, also when the write fails", async () => {
		await using folder = await temporaryFolder();
		const path = join(folder.path, "file");
		writePrivateFile(path, "old");
		writePrivateFile(path, "new");
		expect(readFileSync(path, "utf8")).toBe("new");
		mkdirSync(join(folder.path, "taken"));
		expect(() => writePrivateFile(join(folder.path, "taken"), "x")).toThrow();
		expect(readdirSync(folder.path).sort()).toEqual(["file", "taken"]);
	});

	it("that are missing read as undefined, and folders that are missing as empty", async () => {
		await using folder = await temporaryFolder();
		expect(readIfThere(join(folder.path, "no", "file"))).toBeUndefined();
		expect(readFolder(join(folder.path, "no"))).toEqual([]);
	});

	it("that nobody understands are kept aside", async () => {
		await using folder = await temporaryFolder();
		const path = join(folder.path, "x.json");
		writeFileSync(path, "{");
		moveAside(path, new Date("2026-11-20T14:03:00.000Z"));
		moveAside(path, new Date());
		expect(readdirSync(folder.path)).toEqual(["x.json.corrupt-2026-11-20T140300.000Z"]);
	});

	it.each(["", ".", "..", "../x", "a/b", "a\\b", "-x", "x".repeat(129), "a b", "a\u0000"])(
		"are never named %j",
		(name) => {
			expect(isSafeName(name)).toBe(false);
		},
	);

	it("may be named after a session", () => {
		expect(isSafeName("e93c2930-1707-4dd5-8a51-0d0d5c1f2a3b")).toBe(true);
	});
});
