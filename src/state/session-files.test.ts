import { randomUUID } from "node:crypto";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { type SessionFile, SessionFiles } from "./session-files.ts";

const now = () => new Date("2026-11-20T14:03:00.000Z");
const session = (id: string): SessionFile => ({
	claude_session_id: id,
	session_id: randomUUID(),
	session_token: "secret",
	server: "https://notify.example.com",
	handle: "b",
	description: "api",
	started_at: now().toISOString(),
	client_pid: 4711,
	turn: "none",
	given: [],
});

describe("the session files", () => {
	it("keep two sessions apart, each 0600 (row 67)", async () => {
		await using home = await temporaryFolder();
		const files = new SessionFiles(home.path, now);
		const [a, b] = [session("aaa"), session("bbb")];
		files.write(a);
		files.write(b);
		expect([files.read("aaa"), files.read("bbb"), files.read("ccc")]).toEqual([a, b, undefined]);
		expect(files.all()).toHaveLength(2);
		expect(statSync(join(home.path, "sessions", "aaa.json")).mode & 0o777).toBe(0o600);
		files.remove("aaa");
		expect(files.all()).toEqual([b]);
	});

	it("go on under the id that /clear gave", async () => {
		await using home = await temporaryFolder();
		const files = new SessionFiles(home.path, now);
		const file = session("aaa");
		files.write(file);
		expect(files.move(file, "bbb")).toEqual({ ...file, claude_session_id: "bbb" });
		expect(readdirSync(join(home.path, "sessions"))).toEqual(["bbb.json"]);
	});

	it("never leave their folder", async () => {
		await using home = await temporaryFolder();
		writeFileSync(join(home.path, "auth.json"), JSON.stringify(session("x")));
		expect(new SessionFiles(home.path, now).read("../auth")).toBeUndefined();
	});

	it.each(["", "{", "[]", '{"claude_session_id":"aaa"}'])("that hold %j are moved aside", async (content) => {
		await using home = await temporaryFolder();
		const files = new SessionFiles(home.path, now);
		files.write(session("aaa"));
		writeFileSync(join(home.path, "sessions", "aaa.json"), content);
		expect(files.read("aaa")).toBeUndefined();
		expect(readdirSync(join(home.path, "sessions"))).toEqual([expect.stringMatching(/^aaa\.json\.corrupt-/)]);
	});

	it("remember the newest replies only", async () => {
		await using home = await temporaryFolder();
		const files = new SessionFiles(home.path, now);
		const given = Array.from({ length: 600 }, (_, at) => ({ ref: `ref${at}`, via: "socket" as const }));
		files.write({ ...session("aaa"), given });
		const kept = files.read("aaa")?.given ?? [];
		expect([kept.length, kept[0]?.ref, kept.at(-1)?.ref]).toEqual([500, "ref100", "ref599"]);
	});
});
