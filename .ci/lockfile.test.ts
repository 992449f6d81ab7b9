import { expect, it } from "vitest";
import { missingOptionals } from "./lockfile.ts";

it("finds optional packages without an entry, and looks for entries where Node would", () => {
	const missing = missingOptionals({
		packages: {
			"": { optionalDependencies: { atRoot: "1.0.0" } },
			"node_modules/a": { optionalDependencies: { besides: "1.0.0", gone: "2.0.0" } },
			"node_modules/besides": {},
			"node_modules/b/node_modules/@s/c": { optionalDependencies: { besides: "1.0.0", below: "1.0.0", lost: "3.0.0" } },
			"node_modules/b/node_modules/below": {},
		},
	});
	expect(missing).toEqual([
		{ folder: "node_modules/atRoot", name: "atRoot", version: "1.0.0" },
		{ folder: "node_modules/gone", name: "gone", version: "2.0.0" },
		{ folder: "node_modules/b/node_modules/lost", name: "lost", version: "3.0.0" },
	]);
});
