import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deliveries, inbound, inbox, sessions } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { readEnv } from "../server/env.ts";
import { type RunningServer, startServer } from "../server/start.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addSession, addUser, report, type TestUser } from "./helpers/fixture.ts";
import { until } from "./helpers/until.ts";
import { NtfyEmulator } from "./rows/ntfy.ts";

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

describe.each(databases)("ntfy on $name", ({ open }) => {
	let database: TestDatabase;
	let ntfy: NtfyEmulator;
	let server: RunningServer;
	let user: TestUser;

	beforeAll(async () => {
		[database, ntfy] = await Promise.all([open(), new NtfyEmulator().listen()]);
		const env = readEnv({ PORT: "0", DATA_DIR: database.dataDir, ...ntfy.variables });
		server = await startServer({ env, database, log });
	});
	afterAll(async () => {
		await server.close();
		await ntfy[Symbol.asyncDispose]();
		await database.close();
	});
	beforeEach(async () => {
		ntfy.messages.length = 0;
		user = await addUser(server.deps, ["ntfy"]);
	});

	/** A session whose turn has ended, and the message about it on the phone. */
	async function told() {
		const session = await addSession(server.deps, user);
		await acceptEvent(server.deps, session, report("done", { message: "All tests pass." }));
		await toldOf(() => ntfy.messages.length > 0);
		return session;
	}
	const toldOf = (so: () => boolean) => until(so, 10_000, () => JSON.stringify(ntfy.messages));
	const repliesOf = (sessionId: string) => database.db.select().from(inbox).where(eq(inbox.sessionId, sessionId));

	it("tells of a turn's end with a button that continues the session, once however often it is pressed (rows 99, 128, 129)", async () => {
		const session = await told();
		expect(ntfy.messages).toMatchObject([
			{
				topic: user.addresses[0],
				title: '✅ (b) Claude: "migrate billing"',
				message: "Completed successfully! All tests pass.",
				priority: 4,
				actions: [{ label: "Continue", url: `${server.url.origin}/webhooks/ntfy/reply` }],
			},
		]);
		expect(await Promise.all([ntfy.press("Continue"), ntfy.press("Continue")])).toEqual([204, 204]);
		expect(await repliesOf(session.id)).toMatchObject([{ text: "continue", fromChannel: "ntfy" }]);
		expect(ntfy.violations).toEqual([]);
	});

	it("takes only what was offered: another text, session or recipient does not fit the signature, and leaves no row (row 128)", async () => {
		const session = await told();
		const rows = await database.db.$count(inbound);
		const body = JSON.parse(ntfy.messages[0]?.actions[0]?.body ?? "");
		const forgeries = [
			{ ...body, reply: "rm -rf" },
			{ ...body, token: "a2b3c4d5e6f7g2h3" },
			{ ...body, topic: "somebody-elses" },
			{ ...body, delivery: "x" },
			{ ...body, signature: "" },
			{ ...body, more: 1 },
			"nonsense",
		];
		for (const forgery of forgeries) expect(await ntfy.press("Continue", JSON.stringify(forgery))).toBe(401);
		expect(await ntfy.press("Continue", "{")).toBe(401);
		expect(await repliesOf(session.id)).toEqual([]);
		expect(await database.db.$count(inbound)).toBe(rows);
	});

	it("tells whoever presses after the end that nobody got the answer", async () => {
		const session = await told();
		await database.db.update(sessions).set({ status: "ended", endedAt: sql`now()` }).where(eq(sessions.id, session.id));
		expect(await ntfy.press("Continue")).toBe(204);
		await toldOf(() => ntfy.messages.some(({ message }) => /has ended/.test(message)));
		expect(await repliesOf(session.id)).toEqual([]);
	});

	it("does not ring for progress", async () => {
		const session = await addSession(server.deps, user, { handle: "c" });
		await acceptEvent(server.deps, session, report("progress", { message: "step 2" }));
		await toldOf(() => ntfy.messages.length > 0);
		expect(ntfy.messages).toMatchObject([{ priority: 2, actions: [] }]);
		const [row] = await database.db.select().from(deliveries).where(eq(deliveries.sessionId, session.id));
		expect(row?.channel).toBe("ntfy");
	});
});
