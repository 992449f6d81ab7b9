import { defineConfig } from "vitest/config";

/** `npm run test:faults`: everything in this folder in its full form, one after the other, some ten minutes. */
export default defineConfig({
	test: {
		root: import.meta.dirname,
		include: ["*.test.ts"],
		env: { FAULTS: "full" },
		testTimeout: 300_000,
		hookTimeout: 120_000,
		fileParallelism: false,
		reporters: ["default"],
	},
});
