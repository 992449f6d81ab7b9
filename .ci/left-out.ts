import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const path = resolve(import.meta.dirname, "../test-results/summary.json");
const { skipped, missing, flaky } = JSON.parse(readFileSync(path, "utf8"));
for (const { name, why } of flaky) console.log(`FLAKY, passed only when tried again: ${name}\n${why.slice(0, 20_000)}`);
for (const name of skipped) console.log(`skipped: ${name}`);
for (const half of missing) console.log(`did not run: ${half}`);
process.exitCode = skipped.length + missing.length === 0 ? 0 : 1;
