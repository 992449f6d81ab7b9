import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { maxLogBytes } from "../contract/last-bytes.ts";
import { LogFile } from "./log-file.ts";

const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest("hex");

function freshPath(): string {
	const folder = mkdtempSync(join(tmpdir(), "cn-log-"));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	return join(folder, "tasks", "id.log");
}

it("holds what was printed, byte for byte, for its owner only", async () => {
	const path = freshPath();
	const log = await LogFile.open(path);
	const parts = [Buffer.from("one\n"), Buffer.of(0, 255, 10), Buffer.from("end")];
	for (const part of parts) log.push(part);
	const kept = `${path}.kept`;
	expect(log.keepAs(kept)).toEqual({ bytes: 10, sha256: sha256(...parts) });
	expect(existsSync(path)).toBe(false);
	expect(readFileSync(kept).equals(Buffer.concat(parts))).toBe(true);
	expect(statSync(kept).mode & 0o777).toBe(0o600);
});

it("is hash and length alone as soon as it is longer than 10 MB, and takes no room then (row 190)", async () => {
	const path = freshPath();
	const log = await LogFile.open(path);
	const megabyte = Buffer.alloc(1024 * 1024, "x");
	for (let n = 0; n < 10; n++) log.push(megabyte);
	expect(statSync(path).size).toBe(maxLogBytes);
	for (let n = 0; n < 5; n++) log.push(Buffer.from("y"));
	expect(existsSync(path)).toBe(false);
	const all = [Buffer.alloc(maxLogBytes, "x"), Buffer.from("yyyyy")];
	expect(log.keepAs(`${path}.kept`)).toEqual({ bytes: maxLogBytes + 5, sha256: sha256(...all) });
});

it("is gone when nobody is told", async () => {
	const path = freshPath();
	const log = await LogFile.open(path);
	log.push(Buffer.from("x"));
	log.discard();
	expect(existsSync(path)).toBe(false);
});

it("where nothing can be written there is no log, and no error", async () => {
	const path = freshPath();
	writeFileSync(join(path, "../../file"), "");
	const log = await LogFile.open(join(path, "../../file/tasks/id.log"));
	log.push(Buffer.from("x"));
	expect(log.keepAs(`${path}.kept`)).toBe(undefined);
});
