import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { buildPlugin } from "../.ci/build.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { startReplyServer } from "./helpers/reply-server.ts";

const marketplace = z.looseObject({
	name: z.literal("claude-notify"),
	plugins: z.tuple([
		z.looseObject({
			name: z.literal("notify"),
			version: z.string(),
			source: z.object({ source: z.literal("archive"), url: z.url(), sha256: z.string() }),
		}),
	]),
});

describe("the plugin that a server offers", () => {
	let database: TestDatabase;

	beforeAll(async () => {
		await buildPlugin(resolve(import.meta.dirname, ".."));
		database = await databases[1].open();
	});
	afterAll(() => database.close());

	it("is a zip under the https address that the world knows, with the bytes that the marketplace names", async () => {
		await using running = await startReplyServer(database, { env: { PUBLIC_URL: "https://notify.example.com" } });
		const answer = await fetch(new URL("/plugin/marketplace.json", running.server.url));
		const { plugins } = marketplace.parse(await answer.json());
		const { version, source } = plugins[0];
		expect(source.url).toBe(`https://notify.example.com/plugin/notify-${version}.zip`);
		const archive = await fetch(new URL(new URL(source.url).pathname, running.server.url));
		expect(archive.headers.get("content-type")).toBe("application/zip");
		const zip = new Uint8Array(await archive.arrayBuffer());
		expect(createHash("sha256").update(zip).digest("hex")).toBe(source.sha256);
		const manifest = unzipSync(zip)[".claude-plugin/plugin.json"];
		expect(JSON.parse(strFromU8(manifest ?? new Uint8Array()))).toMatchObject({ name: "notify", version });
	});

	it.each(["notify-0.0.0.zip", "..%2fpackage.json", "notify.zip", "%2e%2e%2f.env"])(
		"is no other file: %s",
		async (file) => {
			await using running = await startReplyServer(database, { env: { PUBLIC_URL: "https://notify.example.com" } });
			expect((await fetch(new URL(`/plugin/${file}`, running.server.url))).status).toBe(404);
		},
	);

	it("is not offered over plain http", async () => {
		await using running = await startReplyServer(database);
		expect((await fetch(new URL("/plugin/marketplace.json", running.server.url))).status).toBe(404);
	});
});
