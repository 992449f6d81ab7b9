import { eq } from "drizzle-orm";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireSession } from "../server/auth/session-bearer.ts";
import { devices, type sessions } from "../server/db/schema.ts";
import { sessionTokenHash } from "../server/domain/secrets.ts";
import { type AppEnv, answerError } from "../server/http.ts";
import { countingDatabase } from "./helpers/counting-database.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addSession, addUser, type TestDeps, testDeps } from "./helpers/fixture.ts";

const many = 24;

describe.each(databases)("session tokens that come at the same moment on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;
	let app: Hono<AppEnv>;
	let counting: ReturnType<typeof countingDatabase>;

	beforeAll(async () => {
		database = await open();
		counting = countingDatabase(database.db);
		deps = testDeps(counting.db, []);
		app = new Hono<AppEnv>();
		app.onError((error, c) => answerError(error, c, deps.log));
		app.get("/sessions/:id", requireSession(deps), (c) => c.json(c.get("session")));
	});
	afterAll(() => database.close());

	/** Each of a user and a machine of its own. */
	async function live(more: Partial<typeof sessions.$inferInsert> = {}) {
		const user = await addUser(deps);
		const token = deps.secret(32);
		const session = await addSession(deps, user, { tokenHash: sessionTokenHash(deps, token), ...more });
		return { ...session, token, deviceId: user.deviceId };
	}
	async function ask(id: string, token: string) {
		const answer = await app.request(`/sessions/${id}`, { headers: { authorization: `Bearer ${token}` } });
		const { id: found, userId, error } = Object(await answer.json());
		return { status: answer.status, found, userId, error };
	}

	it("share a few statements, and each is its own session's alone", async () => {
		const all = await Promise.all(Array.from({ length: many }, () => live()));
		const before = counting.count();
		const answers = await Promise.all(all.map(({ id, token }) => ask(id, token)));
		expect(answers).toEqual(all.map(({ id, userId }) => ({ status: 200, found: id, userId, error: undefined })));
		expect(counting.count() - before).toBeLessThan(many / 2);
	});

	it("open nothing else: not another's session, not an ended one, not that of a revoked machine", async () => {
		const [own, other] = [await live(), await live()];
		const [ended, revoked] = [await live({ status: "ended" }), await live()];
		await deps.db.update(devices).set({ revokedAt: new Date() }).where(eq(devices.id, revoked.deviceId));
		const asked = [
			[own.id, own.token],
			[other.id, own.token],
			[own.id, "nobody's"],
			[own.id, `${own.token},${other.token}`],
			[own.id, `{"${own.token}"}`],
			[ended.id, ended.token],
			[revoked.id, revoked.token],
			[own.id, own.token],
		] as const;
		const answers = await Promise.all(asked.map(([id, token]) => ask(id, token)));
		expect(answers.map(({ status, error }) => [status, error])).toEqual([
			[200, undefined],
			[403, "forbidden"],
			[401, "unauthorized"],
			[401, "unauthorized"],
			[401, "unauthorized"],
			[404, "session_not_found"],
			[401, "unauthorized"],
			[200, undefined],
		]);
	});
});
