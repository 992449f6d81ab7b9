import { uuidv7 } from "uuidv7";
import { Spool } from "../../src/state/spool.ts";

/** Appends events to a spool, as fast as it can and for ever or `count` times, and prints each id once it is on disk. */
const [home = "", session = "", label = "", count = "Infinity"] = process.argv.slice(2);
const spool = new Spool(home, session, (message) => process.stderr.write(`${message}\n`));
for (let at = 0; at < Number(count); at++) {
	const details = { message: `${label} ${at} ${"x".repeat((at * 37) % 3000)}` };
	spool.append({ id: uuidv7(), type: "progress", occurred_at: new Date().toISOString(), details });
	// The line must have left before the next event: a kill takes what still waits in this process.
	await new Promise((written) => process.stdout.write(`${label} ${at}\n`, written));
}
