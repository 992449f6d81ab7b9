import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../server/db/client.ts";
import { deliveries, rateSlots } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addSession, addUser, report, type TestDeps, testChannel, testDeps } from "./helpers/fixture.ts";

describe.each(databases)("events that come at the same moment on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;

	beforeAll(async () => {
		database = await open();
		deps = testDeps(database.db, [testChannel("sms"), testChannel("telegram")]);
	});
	afterAll(() => database.close());

	const deliveriesOf = (sessionId: string) =>
		deps.db.select().from(deliveries).where(eq(deliveries.sessionId, sessionId));

	it("queues exactly one of 50 reports that come at the same moment (row 84)", async () => {
		for (let round = 0; round < 3; round++) {
			const session = await addSession(deps, await addUser(deps, ["sms", "telegram"]));
			const answers = await Promise.all(Array.from({ length: 50 }, () => acceptEvent(deps, session, report("error"))));
			expect(answers.filter((answer) => answer.outcome === "queued")).toHaveLength(1);
			expect(answers.filter((answer) => answer.rate_limited)).toHaveLength(49);
			expect(await deliveriesOf(session.id)).toHaveLength(2);
			const held = await deps.db
				.select()
				.from(rateSlots)
				.where(eq(rateSlots.scope, `session:${session.id}`));
			expect(held.map((slot) => slot.held)).toEqual([49, 49]);
		}
	});

	it("takes one of 50 reports with the same id, and the other 49 use up nothing", async () => {
		const session = await addSession(deps, await addUser(deps));
		const event = report("error");
		const answers = await Promise.all(Array.from({ length: 50 }, () => acceptEvent(deps, session, event)));
		expect(answers.filter((answer) => answer.outcome === "queued")).toHaveLength(1);
		expect(answers.filter((answer) => answer.outcome === "duplicate")).toHaveLength(49);
		expect(new Set(answers.map((answer) => JSON.stringify(answer.channels))).size).toBe(1);
		expect(await deliveriesOf(session.id)).toHaveLength(1);
		const slots = await deps.db
			.select()
			.from(rateSlots)
			.where(eq(rateSlots.scope, `session:${session.id}`));
		expect(slots).toMatchObject([{ used: 1, held: 0 }]);
	});

	it("gives the 30 SMS of a day out exactly, though 60 sessions ask at once", async () => {
		const user = await addUser(deps);
		const all = await Promise.all(Array.from({ length: 60 }, () => addSession(deps, user, { handle: null })));
		const answers = await Promise.all(all.map((session) => acceptEvent(deps, session, report("error"))));
		expect(answers.filter((answer) => answer.outcome === "queued")).toHaveLength(30);
	});
});

describe("accepting events on PostgreSQL with four servers", () => {
	it("queues exactly one of 200 reports that reach four servers at the same moment (row 84)", async () => {
		const postgres = databases.find(({ name }) => name === "PostgreSQL");
		const first = await postgres?.open();
		if (first?.url === undefined) throw new Error("PostgreSQL is not there");
		const { url, dataDir } = first;
		const migrationsFolder = "server/db/migrations";
		const others = await Promise.all(
			[1, 2, 3].map(() => openDatabase({ url, dataDir, migrationsFolder, onError: () => undefined })),
		);
		const vault = testDeps(first.db, []).vault;
		const servers = [first, ...others].map(({ db }) => testDeps(db, [testChannel("sms")], { vault }));
		const [server] = servers;
		if (server === undefined) throw new Error("there is no server");
		for (let round = 0; round < 3; round++) {
			const session = await addSession(server, await addUser(server));
			const reports = servers.flatMap((each) =>
				Array.from({ length: 50 }, () => acceptEvent(each, session, report("error"))),
			);
			const answers = await Promise.all(reports);
			expect(answers.filter((answer) => answer.outcome === "queued")).toHaveLength(1);
			expect(answers.filter((answer) => answer.outcome === "limited")).toHaveLength(199);
		}
		for (const each of others) await each.close();
		await first.close();
	});
});
