import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../server/db/client.ts";
import { deliveries } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { sendDigests } from "../server/domain/digest.ts";
import { muteFor } from "../server/domain/mute.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addSession, addUser, report, type TestDeps, testChannel, testDeps } from "./helpers/fixture.ts";
import { digestsOf, type PolicyWorld, policyWorld } from "./helpers/policy-world.ts";
import { quietFor, quietIsOver } from "./helpers/quiet.ts";

describe.each(databases)("what was held back, on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;
	let world: PolicyWorld;

	beforeAll(async () => {
		database = await open();
		deps = testDeps(database.db, [testChannel("sms"), testChannel("telegram")]);
	});
	afterAll(() => database.close());
	beforeEach(async () => {
		world = await policyWorld(deps);
	});

	it("tells at the end of the quiet hours what there was, once for each address (row 114)", async () => {
		const { user, session, digests } = world;
		await quietFor(deps.db, user.userId);
		const web = await addSession(deps, user, { handle: "d", description: "web" });
		await acceptEvent(deps, session, report("done", { message: "step one" }));
		await acceptEvent(deps, session, report("progress", { message: "never told" }));
		await acceptEvent(deps, session, report("done", { message: "step two" }));
		await acceptEvent(deps, web, report("error", { tool_name: "Bash", error_message: "Exit code 3" }));
		await sendDigests(deps);
		expect(await digests()).toEqual([]);
		await quietIsOver(deps.db, user.userId);
		const before = deps.woken;
		await sendDigests(deps);
		expect(deps.woken).toBe(before + 1);
		await sendDigests(deps);
		const sent = await digests();
		expect(sent.map(({ channel }) => channel).sort()).toEqual(["sms", "telegram"]);
		expect(sent[0]?.notice).toEqual({
			kind: "digest",
			quiet: expect.stringMatching(/^\d\d:\d\d-\d\d:\d\d$/),
			sessions: [
				{
					handle: "d",
					description: "web",
					counts: [{ type: "error", count: 1 }],
					last: "Bash: Exit code 3",
				},
				{ handle: "b", description: "migrate billing", counts: [{ type: "done", count: 2 }], last: "step two" },
			],
		});
	});

	it("tells each thing in one digest only, over three servers that look at once and again and again (row 114)", async () => {
		const people = await Promise.all(Array.from({ length: 10 }, () => addUser(deps)));
		for (const person of people) {
			await quietFor(deps.db, person.userId);
			const own = await addSession(deps, person);
			await acceptEvent(deps, own, report("done"));
			await quietIsOver(deps.db, person.userId);
		}
		const servers = [deps, testDeps(database.db, [...deps.channels.values()]), deps];
		for (let round = 0; round < 3; round++) await Promise.all(servers.map((server) => sendDigests(server)));
		const all = await Promise.all(people.map((person) => digestsOf(deps, person)));
		expect(all.map((each) => each.length)).toEqual(people.map(() => 1));
	});

	it("sends no digest to an address that opted out, and none where nothing was held back", async () => {
		const { user, outcome, digests } = world;
		await quietFor(deps.db, user.userId);
		await deps.db.execute(
			sql`update identities set opted_out_at = now() where user_id = ${user.userId} and channel = 'sms'`,
		);
		expect(await outcome("permission")).toBe("queued");
		await quietIsOver(deps.db, user.userId);
		await sendDigests(deps);
		expect(await digests()).toEqual([]);
		await quietFor(deps.db, user.userId);
		await outcome("done");
		await quietIsOver(deps.db, user.userId);
		await sendDigests(deps);
		expect((await digests()).map(({ channel }) => channel)).toEqual(["telegram"]);
	});

	it("mutes everything until the time is up, and tells then what there was", async () => {
		const { user, outcome, digests } = world;
		await muteFor(deps, user.userId, { seconds: 7200 });
		expect(await outcome("permission")).toBe("muted");
		await sendDigests(deps);
		await travel(deps.db, "119 minutes");
		expect(await outcome("done")).toBe("muted");
		await travel(deps.db, "1 minutes 5 seconds");
		expect(await outcome("done")).toBe("queued");
		await sendDigests(deps);
		const [digest] = await digests();
		expect(digest?.notice).toMatchObject({ sessions: [{ counts: [{ type: "done" }, { type: "permission" }] }] });
		expect(digest?.notice).not.toHaveProperty("quiet");
	});

	it("tells at once what was missed when the mute is taken back", async () => {
		const { user, outcome, digests } = world;
		await muteFor(deps, user.userId, { seconds: 7200 });
		expect(await outcome("done")).toBe("muted");
		expect(await muteFor(deps, user.userId, { seconds: 0 })).toMatchObject({ until: undefined });
		expect(await outcome("done")).toBe("queued");
		await travel(deps.db, "3 seconds");
		await sendDigests(deps);
		expect(await digests()).toHaveLength(2);
	});

	it("mutes one session and no other; its digest waits for its own end", async () => {
		const { user, session, outcome, digests } = world;
		const other = await addSession(deps, user, { handle: "d", description: "web" });
		await muteFor(deps, user.userId, { seconds: 3600, session_id: session.id });
		expect(await outcome("done")).toBe("muted");
		expect((await acceptEvent(deps, other, report("done"))).outcome).toBe("queued");
		await muteFor(deps, user.userId, { seconds: 600 });
		expect((await acceptEvent(deps, other, report("error"))).outcome).toBe("muted");
		await travel(deps.db, "11 minutes");
		await sendDigests(deps);
		expect((await digests())[0]?.notice).toMatchObject({ sessions: [{ handle: "d" }] });
		await travel(deps.db, "50 minutes");
		await sendDigests(deps);
		await sendDigests(deps);
		const all = await digests();
		expect(all).toHaveLength(4);
		expect(
			all.filter(
				({ notice }) =>
					JSON.stringify(notice).includes('"handle": "b"') || JSON.stringify(notice).includes('"handle":"b"'),
			),
		).toHaveLength(2);
	});

	it("waits with the digest for the later end of quiet hours and mute", async () => {
		const { user, outcome, digests } = world;
		await quietFor(deps.db, user.userId);
		await muteFor(deps, user.userId, { seconds: 60 });
		expect(await outcome("permission")).toBe("muted");
		await travel(deps.db, "2 minutes");
		await sendDigests(deps);
		expect(await digests()).toEqual([]);
		await quietIsOver(deps.db, user.userId);
		await sendDigests(deps);
		expect(await digests()).toHaveLength(2);
	});

	it("does not mute another user's session", async () => {
		const { session, outcome } = world;
		const stranger = await addUser(deps);
		await expect(muteFor(deps, stranger.userId, { seconds: 60, session_id: session.id })).rejects.toThrow(
			"There is no such session.",
		);
		expect(await outcome("done")).toBe("queued");
	});
});

describe("digests on PostgreSQL with four servers", () => {
	it("come once each (row 114)", async () => {
		const first = await databases.find(({ name }) => name === "PostgreSQL")?.open();
		if (first?.url === undefined) throw new Error("PostgreSQL is not there");
		const { url, dataDir } = first;
		const open = () =>
			openDatabase({ url, dataDir, migrationsFolder: "server/db/migrations", onError: () => undefined });
		const others = await Promise.all([open(), open(), open()]);
		const vault = testDeps(first.db, []).vault;
		const servers = [first, ...others].map(({ db }) => testDeps(db, [testChannel("sms")], { vault }));
		const deps = servers[0] ?? testDeps(first.db, []);
		for (let n = 0; n < 30; n++) {
			const user = await addUser(deps);
			await quietFor(deps.db, user.userId);
			await acceptEvent(deps, await addSession(deps, user), report("done"));
			await quietIsOver(deps.db, user.userId);
		}
		for (let round = 0; round < 2; round++) await Promise.all(servers.map((server) => sendDigests(server)));
		expect(await deps.db.$count(deliveries, sql`notice ->> 'kind' = 'digest'`)).toBe(30);
		await Promise.all(others.map((other) => other.close()));
		await first.close();
	});
});
