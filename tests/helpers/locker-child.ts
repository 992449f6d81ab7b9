import { setTimeout as sleep } from "node:timers/promises";
import { lockFolder } from "../../server/db/folder-lock.ts";

// Takes the folder, says so, holds it for as long as it is told to, and says when it gives it back.
const [folder = "", holdMs = "0"] = process.argv.slice(2);
try {
	const lock = await lockFolder(folder);
	process.stdout.write(`+${process.pid}\n`);
	await sleep(Number(holdMs));
	process.stdout.write(`-${process.pid}\n`);
	await lock.release();
} catch (error) {
	process.stdout.write(`!${error instanceof Error ? error.message : "unknown"}\n`);
}
