import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { version } from "./version.ts";

it.each(["../package.json", "../.claude-plugin/plugin.json"])("the companion tells the version of %s", (path) => {
	expect(JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"))).toMatchObject({ version });
});
