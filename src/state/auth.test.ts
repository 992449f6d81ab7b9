import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { someTokens } from "../../tests/helpers/scripted-server.ts";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { AuthFile } from "./auth.ts";

const now = () => new Date("2026-11-20T14:03:00.000Z");
const tokens = someTokens("access-1", new Date("2026-11-22T02:03:00.000Z"));
const server = "https://notify.example.com";
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("auth.json", () => {
	it("holds the login with its server, 0600 in a 0700 folder (row 42)", async () => {
		await using folder = await temporaryFolder();
		const home = join(folder.path, "deep", "home");
		const file = new AuthFile(home, now);
		expect(file.read()).toEqual({ state: "none" });
		file.pair(server, tokens);
		expect(new AuthFile(home, now).read()).toMatchObject({
			state: "paired",
			login: { server, access_token: "access-1", refresh_token: tokens.refresh_token, address_masked: "+1***8912" },
		});
		expect([modeOf(home), modeOf(join(home, "auth.json"))]).toEqual(["700", "600"]);
		expect(readdirSync(home)).toEqual(["auth.json"]);
	});

	it("is taken back from others when somebody opened it to them (row 42)", async () => {
		await using folder = await temporaryFolder();
		const file = new AuthFile(folder.path, now);
		file.pair(server, tokens);
		chmodSync(folder.path, 0o755);
		chmodSync(join(folder.path, "auth.json"), 0o644);
		file.read();
		expect([modeOf(folder.path), modeOf(join(folder.path, "auth.json"))]).toEqual(["700", "600"]);
	});

	it("that was ended keeps no token and says whose it was", async () => {
		await using folder = await temporaryFolder();
		const file = new AuthFile(folder.path, now);
		file.end(file.pair(server, tokens));
		expect(file.read()).toEqual({ state: "ended", address_masked: "+1***8912" });
		expect(readFileSync(join(folder.path, "auth.json"), "utf8")).not.toContain("access-1");
	});

	it("is gone after the wipe (row 8)", async () => {
		await using folder = await temporaryFolder();
		const file = new AuthFile(folder.path, now);
		file.pair(server, tokens);
		file.forget();
		expect(existsSync(join(folder.path, "auth.json"))).toBe(false);
		expect(file.read()).toEqual({ state: "none" });
	});

	it.each(["", "{", '{"auth":5}', '{"auth":{"state":"paired","login":{}}}'])(
		"that holds %j is moved aside, and pairing works again",
		async (content) => {
			await using folder = await temporaryFolder();
			const file = new AuthFile(folder.path, now);
			writeFileSync(join(folder.path, "auth.json"), content);
			expect(file.read()).toEqual({ state: "none" });
			expect(readdirSync(folder.path)).toEqual([expect.stringMatching(/^auth\.json\.corrupt-/)]);
			writeFileSync(join(folder.path, "auth.json"), content);
			file.pair(server, tokens);
			expect(file.read()).toMatchObject({ state: "paired" });
		},
	);
});
