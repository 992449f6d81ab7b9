import { eq } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { approvals, deliveries } from "../server/db/schema.ts";
import { approvalOpened } from "../src/contract/approvals.ts";
import { askPhone, readAnswerOf, sendApproval } from "./helpers/approvals-http.ts";
import { question, request } from "./helpers/approvals-world.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import {
	type LiveSession,
	type Person,
	pairedPerson,
	poll,
	type ReplyServer,
	startReplyServer,
	startSession,
} from "./helpers/reply-server.ts";
import { nothingUnderWay } from "./helpers/stored.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("approvals by HTTP and SMS on $name", { timeout: 60_000 }, ({ open: openDatabase }) => {
	let database: TestDatabase;
	let it_: ReplyServer;

	beforeAll(async () => {
		database = await openDatabase();
		it_ = await startReplyServer(database);
	});
	afterAll(async () => {
		await it_[Symbol.asyncDispose]();
		expect(it_.twilio.violations).toEqual([]);
		await database.close();
	});

	const send = (session: LiveSession, rest: string, body: object) => sendApproval(it_, session, rest, body);
	const ask = (session: LiveSession, more?: Parameters<typeof request>[0]) => askPhone(it_, session, more);
	const read = (session: LiveSession, id: string, options?: Parameters<typeof readAnswerOf>[3]) =>
		readAnswerOf(it_, session, id, options);

	async function someone() {
		const person = await pairedPerson(it_);
		return { person, session: await startSession(it_, person, "api") };
	}
	const smsTo = (person: Person, pattern: RegExp) =>
		it_.twilio.waitForSms((sms) => sms.to === person.number && pattern.test(sms.body));
	const textsTo = (person: Person) => it_.twilio.sent.filter(({ to }) => to === person.number).map(({ body }) => body);

	it("carry a permission to the phone and the answer into the waiting call at once (row 133)", async () => {
		const { person, session } = await someone();
		const { id, request_hash } = await ask(session, { summary: "npm test", session_grant: "Bash(npm test:*)" });
		const asked = await smsTo(person, /npm test/);
		expect(asked.body).toBe(
			`(${session.handle}) Claude: "api"\nWants to use Bash: npm test\nIn /work/api\nFor the session: Bash(npm test:*)\n\nReply ${session.handle} y, ${session.handle} n or ${session.handle} y session. Reply STOP to disable`,
		);
		const waiting = read(session, id, { wait: 25 });
		await it_.twilio.reply(person.number, `${session.handle} y`);
		expect((await waiting).approval).toMatchObject({
			state: "answered",
			request_hash,
			decision: { behavior: "allow", scope: "once", from: { channel: "sms" } },
		});
		await smsTo(person, /you said yes to Bash: npm test/);
		expect((await poll(it_, session)).status).toBe(204);
	});

	it("carry a no with its reason, and the reason nowhere else", async () => {
		const { person, session } = await someone();
		const { id } = await ask(session);
		await it_.twilio.reply(person.number, `${session.handle} n use rimraf instead`);
		expect((await read(session, id)).approval?.decision).toMatchObject({
			behavior: "deny",
			message: "use rimraf instead",
		});
		expect((await poll(it_, session)).status).toBe(204);
		expect(it_.logged.join("")).not.toContain("rimraf");
	});

	it("let no carrier's word answer: a lone YES and a lone no do nothing (row 133)", async () => {
		const { person, session } = await someone();
		const { id } = await ask(session);
		await it_.twilio.reply(person.number, "YES");
		await smsTo(person, /carrier's word/);
		await it_.twilio.reply(person.number, "no");
		await smsTo(person, /Which one/);
		expect((await read(session, id)).approval?.state).toBe("open");
		await it_.twilio.reply(person.number, "n");
		expect((await read(session, id)).approval?.decision).toMatchObject({ behavior: "deny" });
	});

	it("pass prose on to the session as a reply, and answer nothing by it (row 133)", async () => {
		const { person, session } = await someone();
		const { id } = await ask(session);
		await it_.twilio.reply(person.number, `${session.handle} yes, go on with everything`);
		expect((await poll(it_, session)).messages.map(({ text }) => text)).toEqual(["yes, go on with everything"]);
		expect((await read(session, id)).approval?.state).toBe("open");
	});

	it("answer the session that the letter names, and ask which where one has several open", async () => {
		const { person, session: api } = await someone();
		const web = await startSession(it_, person, "web");
		const [one, two, three] = [await ask(api), await ask(web), await ask(web, { summary: "ls" })];
		await it_.twilio.reply(person.number, `${web.handle} y`);
		const which = await smsTo(person, /Which one/);
		expect(which.body).toContain(`${web.handle} #1: Bash: rm -r build\n${web.handle} #2: Bash: ls`);
		await it_.twilio.reply(person.number, `${web.handle} #2 y`);
		await it_.twilio.reply(person.number, `${api.handle} n`);
		const states = async () => [
			(await read(api, one.id)).approval?.decision?.behavior,
			(await read(web, two.id)).approval?.decision?.behavior,
			(await read(web, three.id)).approval?.decision?.behavior,
		];
		expect(await states()).toEqual(["deny", undefined, "allow"]);
	});

	it("show the code of what destroys in the message, and take nothing without it (row 133)", async () => {
		const { person, session } = await someone();
		const { id } = await ask(session, { summary: "git push --force" });
		const asked = await smsTo(person, /git push --force/);
		const code = /y (\d{4}) to allow it/.exec(asked.body)?.[1];
		await it_.twilio.reply(person.number, `${session.handle} y`);
		await smsTo(person, /four digits/);
		expect((await read(session, id)).approval?.state).toBe("open");
		await it_.twilio.reply(person.number, `${session.handle} y ${code}`);
		expect((await read(session, id)).approval?.decision).toMatchObject({ behavior: "allow" });
	});

	it("ask a form question by question", async () => {
		const { person, session } = await someone();
		const questions = [question("Which database?", ["Postgres", "SQLite"]), question("What name?")];
		const { id } = await ask(session, { kind: "question", summary: "", questions });
		await smsTo(person, /Which database\?\n1 = Postgres\n2 = SQLite\n2\) What name\?/);
		await it_.twilio.reply(person.number, `${session.handle} 2`);
		await smsTo(person, /question 2 of 2: What name\?/);
		await it_.twilio.reply(person.number, `${session.handle} shop`);
		expect((await read(session, id)).approval?.decision?.answers).toEqual({
			"Which database?": "SQLite",
			"What name?": "shop",
		});
	});

	it("tell the phone that had the question that the terminal was first", async () => {
		const { person, session } = await someone();
		const { id } = await ask(session);
		await smsTo(person, /Wants to use Bash/);
		const waiting = read(session, id, { wait: 25 });
		const withdrawn = await send(session, `/${id}/withdraw`, { reason: "terminal", outcome: "allowed" });
		expect(withdrawn).toMatchObject({ status: 200, body: { state: "withdrawn", decision: null } });
		expect((await waiting).approval?.state).toBe("withdrawn");
		await smsTo(person, /allowed at the terminal: Bash: rm -r build/);
		await it_.twilio.reply(person.number, `${session.handle} y`);
		await smsTo(person, /nothing was done, it was answered at the terminal before/);
		expect((await poll(it_, session)).status).toBe(204);
	});

	it("tell the phone that its answer came too late", async () => {
		const { person, session } = await someone();
		const { id } = await ask(session);
		expect((await send(session, `/${id}/receipt`, { state: "applied" })).status).toBe(409);
		await it_.twilio.reply(person.number, `${session.handle} y`);
		expect((await send(session, `/${id}/receipt`, { state: "too_late" })).status).toBe(200);
		await smsTo(person, /came too late/);
	});

	it("expire by the server's own timer, and the phone is told", async () => {
		const { person, session } = await someone();
		const { id } = await ask(session, { expires_in: 10 });
		await smsTo(person, /Wants to use Bash/);
		const waiting = read(session, id, { wait: 25 });
		// Only this one: a travelling database would end the other tests' sessions too.
		await database.db
			.update(approvals)
			.set({ expiresAt: new Date(0) })
			.where(eq(approvals.id, id));
		expect((await waiting).approval?.state).toBe("expired");
		await smsTo(person, /nobody answered in time/);
	});

	it("send no message of a request that was over before it could leave", async () => {
		const { person, session } = await someone();
		const { id } = request();
		await nothingUnderWay(database.db);
		it_.twilio.next({ kind: "answer", status: 503 });
		const { id: asked } = await ask(session, { id, summary: "npm run never" });
		await until(
			async () => {
				const [row] = await database.db.select().from(deliveries).where(eq(deliveries.eventId, asked));
				return row?.state === "pending" && row.attempts > 0;
			},
			15_000,
			() => "the first attempt was not refused",
		);
		await send(session, `/${asked}/withdraw`, { reason: "terminal", outcome: "allowed" });
		const [row] = await database.db.select().from(deliveries).where(eq(deliveries.eventId, asked));
		expect(row).toMatchObject({ state: "dropped", error: "It was answered at the terminal." });
		expect(textsTo(person).filter((body) => body.includes("npm run never"))).toEqual([]);
	});

	it("open to their own session only: another's, a person's and no token get nothing", async () => {
		const { person, session: api } = await someone();
		const web = await startSession(it_, person, "web");
		const { id } = await ask(api);
		expect((await read(web, id)).status).toBe(404);
		expect((await send(web, `/${id}/withdraw`, { reason: "terminal" })).status).toBe(404);
		expect((await send(web, `/${id}/receipt`, { state: "applied" })).status).toBe(404);
		expect((await read(api, uuidv7())).status).toBe(404);
		for (const headers of [web.headers, person.headers, {}]) {
			expect([401, 403, 404]).toContain((await read(api, id, { headers })).status);
			const opened = await send({ ...api, headers }, "", request());
			expect([401, 403, 404]).toContain(opened.status);
		}
		expect((await read(api, id)).approval?.state).toBe("open");
	});

	it("cannot be answered by another user, whatever they know of it (row 133)", async () => {
		const { session } = await someone();
		const { person: other } = await someone();
		const { id } = await ask(session);
		const [row] = await database.db.select().from(approvals).where(eq(approvals.id, id));
		for (const text of [`${row?.code}y`, `${session.handle} y`, `${session.handle} #1 y`]) {
			await it_.twilio.reply(other.number, text);
		}
		await it_.twilio.reply("+12025559998", `${row?.code}y`);
		expect((await read(session, id)).approval?.state).toBe("open");
	});

	it("refuse what is no request", async () => {
		const { session } = await someone();
		for (const wrong of [{ request_hash: "abc" }, { kind: "maybe" }, { expires_in: 1 }, { id: "1" }, { extra: 1 }]) {
			expect((await send(session, "", { ...request(), ...wrong })).status).toBe(400);
		}
	});

	it("repeat their answer to the same request sent again", async () => {
		const { person, session } = await someone();
		const asked = request({ summary: "npm run once" });
		const first = approvalOpened.parse((await send(session, "", asked)).body);
		const again = approvalOpened.parse((await send(session, "", asked)).body);
		expect(again.approval).toEqual(first.approval);
		expect([first.told.outcome, again.told.outcome]).toEqual(["queued", "duplicate"]);
		await it_.twilio.reply(person.number, `${session.handle} y`);
		const answered = approvalOpened.parse((await send(session, "", asked)).body);
		expect(answered.approval).toMatchObject({ state: "answered", decision: { behavior: "allow" } });
		await until(
			() => textsTo(person).some((body) => body.includes("you said yes")),
			20_000,
			() => textsTo(person).join("\n---\n"),
		);
		expect(textsTo(person).filter((body) => body.includes("Wants to use Bash"))).toHaveLength(1);
	});
});
