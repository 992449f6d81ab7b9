import { glob, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
/** Everything that writes to the database or asks it. */
const writers = ["server/{db,domain,outbox}/**/*.ts", "server/{lease,receivers,notify-bus,inbox-bus}.ts"];
/** A lock on a folder of this machine, which has no database yet; how long a signed link lives, which no database holds. */
const keptNowhere = ["server/db/folder-lock.ts", "server/domain/tasks/log-link.ts"];
const comment = /^\s*(\/\*\*|\*|\/\/)/;
const ownTime = /new Date\(\s*\)|Date\.now\(|\bnow\(\)\.(getTime|toISOString)|deps\.now\(/;

describe("the time that the database is given", () => {
	it("is its own: no code that writes to it reads this machine's clock (row 193)", async () => {
		const found: string[] = [];
		let read = 0;
		for await (const path of glob(writers, { cwd: root, exclude: (name) => name.endsWith(".test.ts") })) {
			read += 1;
			const lines = (await readFile(resolve(root, path), "utf8")).split("\n");
			found.push(
				...lines.flatMap((line, n) =>
					ownTime.test(line) && !comment.test(line) ? [`${path}:${n + 1} ${line.trim()}`] : [],
				),
			);
		}
		expect(read).toBeGreaterThan(60);
		const foreign = found.filter((each) => !keptNowhere.some((path) => each.startsWith(path)));
		expect(foreign).toEqual([]);
	});
});
