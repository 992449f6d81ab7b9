import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const clientSuites = ["tests/client/**/*.test.ts", "tests/**/*.client.test.ts", "tests/packaging.test.ts"];
const browserSuites = ["tests/browser/**/*.test.ts", "tests/**/*.browser.test.ts"];
// Kills, restarts and wrong clocks in their short form; `npm run test:faults` is the long one.
const faultSuites = ["tests/faults/**/*.test.ts"];
const unitSuites = ["{src,server,.ci}/**/*.test.{ts,tsx}", "tests/import-rules.test.ts"];

const cores = availableParallelism();
// Most tests wait: for timers, leases, processes of their own. No file changes what another one imports, so that a worker keeps its modules.
const waiting = (workers: number) => ({ maxWorkers: workers, isolate: false });
// Groups run in this order; 0 would not do: with one worker vitest puts that group last.
const unit = { ...waiting(cores + 4), sequence: { groupOrder: 1 } };
const integration = { ...waiting(cores + 2), sequence: { groupOrder: 2 } };
/** A real client, or a real Chromium, wants a core. */
const programs = { maxWorkers: cores, sequence: { groupOrder: 3 } };

export default defineConfig({
	test: {
		testTimeout: 45_000,
		hookTimeout: 120_000,
		// A second, as it comes, is less than a loaded machine takes for one statement.
		expect: { poll: { timeout: 15_000 } },
		projects: [
			{ extends: true, test: { name: "unit", include: unitSuites, ...unit } },
			{
				extends: true,
				test: {
					name: "integration",
					...integration,
					include: ["tests/**/*.test.{ts,tsx}"],
					exclude: ["tests/import-rules.test.ts", ...clientSuites, ...browserSuites, ...faultSuites],
				},
			},
			{
				extends: true,
				test: { name: "client", include: clientSuites, testTimeout: 90_000, hookTimeout: 180_000, ...programs },
			},
			{ extends: true, test: { name: "browser", include: browserSuites, testTimeout: 60_000, ...programs } },
			// What it kills has to come up again within seconds: alone, and last.
			{
				extends: true,
				test: {
					name: "faults",
					include: faultSuites,
					testTimeout: 180_000,
					hookTimeout: 180_000,
					fileParallelism: false,
					sequence: { groupOrder: 4 },
				},
			},
		],
	},
});
