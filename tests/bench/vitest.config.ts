import { defineConfig } from "vitest/config";

/** Benches run through vitest because the server's pages are TSX, which Node itself cannot strip. */
export default defineConfig({
	test: {
		root: import.meta.dirname,
		include: ["*.bench.ts"],
		testTimeout: 600_000,
		hookTimeout: 120_000,
		fileParallelism: false,
		reporters: ["default"],
	},
});
