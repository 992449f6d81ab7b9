import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askPhone, readAnswerOf, sendApproval } from "./helpers/approvals-http.ts";
import { databases, travel } from "./helpers/database.ts";
import { pairedPerson, startReplyServer, startSession } from "./helpers/reply-server.ts";
import { listening, startTwoServers, type TwoServers } from "./helpers/two-servers.ts";
import { until } from "./helpers/until.ts";

describe("approvals at two instances of the server on one PostgreSQL", { timeout: 60_000 }, () => {
	let two: TwoServers;

	beforeAll(async () => {
		two = await startTwoServers();
		await listening(two, 2);
	});
	afterAll(async () => {
		await two[Symbol.asyncDispose]();
		expect([...two.first.twilio.violations, ...two.second.twilio.violations]).toEqual([]);
	});

	async function someone() {
		const person = await pairedPerson(two.first);
		return { person, session: await startSession(two.first, person) };
	}

	it("wake the call that waits at the one with the answer that came to the other (row 133)", async () => {
		const { person, session } = await someone();
		for (let round = 0; round < 5; round++) {
			const { id } = await askPhone(two.first, session);
			const waiting = readAnswerOf(two.first, session, id, { wait: 25 });
			await two.second.twilio.reply(person.number, `${session.handle} y`);
			expect((await waiting).approval).toMatchObject({ state: "answered", decision: { behavior: "allow" } });
			// Ten replies a minute are the limit of a user.
			await travel(two.database.db, "30 seconds");
		}
	});

	it("take one answer of many that reach both at the same moment as the terminal's", async () => {
		const { person, session } = await someone();
		for (let round = 0; round < 3; round++) {
			const { id } = await askPhone(two.first, session);
			const [, , withdrawn] = await Promise.all([
				two.first.twilio.reply(person.number, `${session.handle} y`),
				two.second.twilio.reply(person.number, `${session.handle} n`),
				sendApproval(two.second, session, `/${id}/withdraw`, { reason: "terminal", outcome: "allowed" }),
			]);
			const at = await Promise.all([two.first, two.second].map((server) => readAnswerOf(server, session, id)));
			expect(at[0]).toEqual(at[1]);
			expect(["answered", "withdrawn"]).toContain(at[0]?.approval?.state);
			expect(withdrawn.body["state"]).toBe(at[0]?.approval?.state);
			await travel(two.database.db, "1 minute");
		}
	});

	it("end what nobody answered once, and tell the phone once", async () => {
		const { person, session } = await someone();
		const { id } = await askPhone(two.first, session, { summary: "npm run late", expires_in: 60 });
		const texts = (pattern: RegExp) => two.smsTo(person.number).filter((body) => pattern.test(body));
		await until(
			() => texts(/npm run late/).length > 0,
			20_000,
			() => "the phone was not asked",
		);
		const waiting = readAnswerOf(two.second, session, id, { wait: 25 });
		await travel(two.database.db, "61 seconds");
		expect((await waiting).approval?.state).toBe("expired");
		await until(
			() => texts(/nobody answered in time/).length > 0,
			15_000,
			() => "the phone was not told",
		);
		// Both instances' timers have come by again when the next request is over.
		const next = await askPhone(two.first, session, { summary: "npm run later", expires_in: 60 });
		await travel(two.database.db, "61 seconds");
		expect((await readAnswerOf(two.first, session, next.id, { wait: 25 })).approval?.state).toBe("expired");
		expect(texts(/nobody answered in time: Bash: npm run late\./)).toHaveLength(1);
	});
});

describe.each(databases)("a shutdown on $name", { timeout: 60_000 }, ({ open }) => {
	it("answers calls that wait for an approval at once, and the next start goes on with it", async () => {
		const database = await open();
		const first = await startReplyServer(database);
		const person = await pairedPerson(first);
		const session = await startSession(first, person);
		const { id } = await askPhone(first, session);
		const waiting = readAnswerOf(first, session, id, { wait: 25 });
		for (let trip = 0; trip < 2; trip++) await fetch(new URL("/healthz", first.server.url));
		const closed = first.server.close();
		expect((await waiting).approval?.state).toBe("open");
		await closed;
		const second = await startReplyServer(database);
		await second.twilio.reply(person.number, `${session.handle} y`);
		expect((await readAnswerOf(second, session, id)).approval).toMatchObject({ state: "answered" });
		await second[Symbol.asyncDispose]();
		await first.twilio[Symbol.asyncDispose]();
		await database.close();
	});
});
