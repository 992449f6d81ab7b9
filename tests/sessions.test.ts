import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identities, sessions } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { recordHeartbeat } from "../server/domain/record-heartbeat.ts";
import { startSession } from "../server/domain/start-session.ts";
import { stopSession } from "../server/domain/stop-session.ts";
import { tidy } from "../server/domain/tidy.ts";
import type { StartSession } from "../src/contract/sessions.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addSession, addUser, report, type TestDeps, testChannel, testDeps } from "./helpers/fixture.ts";

const stop = { reason: "user", final_state: "completed" } as const;

function starting(more: Partial<StartSession> = {}): StartSession {
	return {
		claude_session_id: crypto.randomUUID(),
		agent: "claude-code",
		description: "migrate billing",
		hostname: "laptop",
		cwd: "/work/api",
		started_at: "2026-11-20T12:00:00Z",
		heartbeat_interval_ms: 30_000,
		inactivity_threshold_ms: 600_000,
		...more,
	};
}

describe.each(databases)("sessions on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;

	beforeAll(async () => {
		database = await open();
		deps = testDeps(database.db, [testChannel("sms")]);
	});
	afterAll(() => database.close());

	const rowOf = async (id: string) => {
		const [row] = await deps.db.select().from(sessions).where(eq(sessions.id, id));
		if (row === undefined) throw new Error("there is no such session");
		return row;
	};
	const conflict = { code: "conflict", message: "Session already monitoring. Use /notify-stop first." };

	it("starts a session with a token, a monitoring id and the first free letter (row 52)", async () => {
		const user = await addUser(deps);
		const started = await startSession(deps, user, starting());
		expect(started).toMatchObject({ handle: "b", session_id: expect.any(String), monitoring_id: expect.any(String) });
		expect(started.session_token).toMatch(/^[A-Za-z0-9_-]{43}$/);
		const row = await rowOf(started.session_id);
		expect(row).toMatchObject({ status: "active", description: "migrate billing", folder: "/work/api" });
		expect(JSON.stringify(row)).not.toContain(started.session_token);
		expect((await startSession(deps, user, starting())).handle).toBe("c");
		expect((await startSession(deps, await addUser(deps), starting())).handle).toBe("b");
	});

	it("refuses to start an active session twice, and names it (row 10)", async () => {
		const user = await addUser(deps);
		const first = await startSession(deps, user, starting({ claude_session_id: "twice" }));
		await expect(startSession(deps, user, starting({ claude_session_id: "twice" }))).rejects.toMatchObject({
			...conflict,
			details: { session_id: first.session_id, handle: "b" },
		});
		const other = await startSession(deps, await addUser(deps), starting({ claude_session_id: "twice" }));
		expect(other.session_id).not.toBe(first.session_id);
	});

	it("starts a stopped or a lost session anew, with a new token and its old letter", async () => {
		const user = await addUser(deps);
		const input = starting({ claude_session_id: "again" });
		const first = await startSession(deps, user, input);
		await stopSession(deps, first.session_id, stop);
		const second = await startSession(deps, user, { ...input, description: "second go" });
		expect(second).toMatchObject({ session_id: first.session_id, handle: "b" });
		expect(second.session_token).not.toBe(first.session_token);
		expect(second.monitoring_id).not.toBe(first.monitoring_id);
		await deps.db.update(sessions).set({ status: "stale" }).where(eq(sessions.id, first.session_id));
		const third = await startSession(deps, user, input);
		expect(third).toMatchObject({ session_id: first.session_id, handle: "b" });
		expect(await rowOf(first.session_id)).toMatchObject({
			status: "active",
			endedAt: null,
			description: "migrate billing",
		});
	});

	it("gives sessions that start at the same moment different letters, and one id only one start", async () => {
		const user = await addUser(deps);
		const many = await Promise.all(Array.from({ length: 6 }, () => startSession(deps, user, starting())));
		expect(many.map((session) => session.handle).toSorted()).toEqual(["b", "c", "d", "e", "f", "g"]);
		const input = starting({ claude_session_id: "race" });
		const race = await Promise.allSettled(Array.from({ length: 4 }, () => startSession(deps, user, input)));
		expect(race.filter((result) => result.status === "fulfilled")).toHaveLength(1);
		for (const result of race) if (result.status === "rejected") expect(result.reason).toMatchObject(conflict);
	});

	it("gives two letters when all single ones are live, and takes a letter back a day after the end", async () => {
		const user = await addUser(deps);
		const all = [];
		for (let n = 0; n < 18; n++) all.push(await startSession(deps, user, starting()));
		expect(all.at(-1)?.handle).toBe("bb");
		await stopSession(deps, all[0]?.session_id ?? "", stop);
		expect((await startSession(deps, user, starting())).handle).toBe("bc");
		await travel(deps.db, "24 hours 1 second");
		await tidy(deps);
		expect((await startSession(deps, user, starting())).handle).toBe("b");
	});

	it("counts in its summary what there was since the start (row 58)", async () => {
		const user = await addUser(deps);
		const input = starting({ claude_session_id: "counted" });
		const { session_id: id } = await startSession(deps, user, input);
		const session = { id, userId: user.userId };
		for (const type of ["error", "error", "error", "done"] as const) await acceptEvent(deps, session, report(type));
		await deps.db.execute(sql`update deliveries set state = 'sent', sent_at = now() where session_id = ${id}`);
		await travel(deps.db, "90 seconds");
		const summary = await stopSession(deps, id, stop);
		expect(summary.duration_seconds).toBeGreaterThanOrEqual(90);
		expect(summary.duration_seconds).toBeLessThan(120);
		expect(summary).toMatchObject({
			messages_sent: 2,
			sms_sent: 2,
			errors_encountered: 3,
			limited: 2,
		});
		expect(await rowOf(id)).toMatchObject({ status: "ended", endReason: "completed: user" });
		await expect(stopSession(deps, id, stop)).rejects.toMatchObject({ code: "session_not_found" });
		await startSession(deps, user, input);
		expect(await stopSession(deps, id, stop)).toMatchObject({ messages_sent: 0, errors_encountered: 0, limited: 0 });
	});

	it("waits with its summary for the message that is on its way (row 58)", async () => {
		const user = await addUser(deps);
		const session = await addSession(deps, user);
		await acceptEvent(deps, session, report("done"));
		const stopping = stopSession(deps, session.id, stop);
		await expect.poll(async () => (await rowOf(session.id)).status).toBe("ended");
		await deps.db.execute(sql`update deliveries set state = 'sent', sent_at = now() where session_id = ${session.id}`);
		expect(await stopping).toMatchObject({ messages_sent: 1, sms_sent: 1 });
	});

	it("follows the agent's new id after /clear, and leaves an active session its own (row 67)", async () => {
		const user = await addUser(deps);
		const [one, two, three] = [
			await addSession(deps, user),
			await addSession(deps, user, { handle: "c" }),
			await addSession(deps, user, { handle: "d" }),
		];
		const beat = async (id: string, claude_session_id: string) => {
			const now = new Date().toISOString();
			const { status } = await recordHeartbeat(deps, id, { timestamp: now, last_activity: now, claude_session_id });
			return status;
		};
		await beat(one.id, "after-clear");
		expect((await rowOf(one.id)).agentSessionId).toBe("after-clear");
		await stopSession(deps, two.id, stop);
		await beat(one.id, two.id);
		expect((await rowOf(one.id)).agentSessionId).toBe(two.id);
		expect((await rowOf(two.id)).agentSessionId).toBe(`replaced:${two.id}`);
		expect(await beat(one.id, three.id)).toBe("active");
		expect((await rowOf(one.id)).agentSessionId).toBe(two.id);
		await expect(startSession(deps, user, starting({ claude_session_id: two.id }))).rejects.toMatchObject(conflict);
	});

	it("answers the three questions of the first version's database (row 217)", async () => {
		const user = await addUser(deps);
		const session = await addSession(deps, user);
		for (const type of ["error", "done"] as const) await acceptEvent(deps, session, report(type));
		await deps.db.execute(sql`update deliveries set state = 'sent', sent_at = now() where session_id = ${session.id}`);
		const mac = deps.vault.mac("address", user.addresses[0] ?? "");
		const ofPhone = sql`select s.id, s.started_at, s.ended_at from sessions s
			join identities i on i.user_id = s.user_id where i.channel = 'sms' and i.address_mac = ${mac}`;
		const sent = sql`select count(*)::int as sms_sent_count from deliveries
			where session_id = ${session.id} and channel = 'sms' and sent_at is not null`;
		const events = sql`select e.type, e.accepted_at from events e
			where e.session_id = ${session.id} and e.accepted_at > now() - interval '30 minutes' order by e.accepted_at`;
		const ask = async (query: typeof sent) => ((await deps.db.execute(query)) as unknown as { rows: object[] }).rows;
		expect(await ask(ofPhone)).toMatchObject([{ id: session.id, ended_at: null }]);
		expect(await ask(sent)).toEqual([{ sms_sent_count: 2 }]);
		expect(await ask(events)).toMatchObject([{ type: "error" }, { type: "done" }]);
		const stored = await deps.db.select().from(identities).where(eq(identities.userId, user.userId));
		expect(JSON.stringify(stored)).not.toContain(user.addresses[0]);
	});
});
