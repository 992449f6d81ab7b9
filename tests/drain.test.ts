import { describe, expect, it } from "vitest";
import { databases } from "./helpers/database.ts";
import { pairedPerson, poll, startReplyServer, startSession } from "./helpers/reply-server.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("a shutdown on $name", { timeout: 60_000 }, ({ open }) => {
	it("answers waiting long-polls with 204, takes no new connection, and loses no reply", async () => {
		const database = await open();
		const first = await startReplyServer(database);
		const person = await pairedPerson(first);
		const session = await startSession(first, person);
		const waiting = Promise.all([1, 2, 3].map(() => poll(first, session, { wait: 25 })));
		// Two round trips later the three have long been read, and not one is answered.
		for (let trip = 0; trip < 2; trip++) await fetch(new URL("/healthz", first.server.url));
		expect(first.logged.filter((line) => line.includes('"route":"/v1/sessions/:id/inbox"'))).toEqual([]);
		const closed = first.server.close();
		expect((await waiting).map(({ status }) => status)).toEqual([204, 204, 204]);
		await closed;
		await expect(fetch(new URL("/healthz", first.server.url))).rejects.toThrow();

		// The next start has everything: login, session, and what came in between.
		const port = first.server.url.port;
		const second = await startReplyServer(database, { env: { PORT: port } });
		expect(second.server.url.href).toBe(first.server.url.href);
		await second.twilio.reply(person.number, "go on");
		const { messages } = await poll(second, session, { wait: 5 });
		expect(messages.map((message) => message.text)).toEqual(["go on"]);
		await second[Symbol.asyncDispose]();
		await first.twilio[Symbol.asyncDispose]();
		await database.close();
	});

	it("lets the SMS that is being sent arrive, and knows afterwards that it did", async () => {
		const database = await open();
		const running = await startReplyServer(database);
		const person = await pairedPerson(running);
		await startSession(running, person, "api");
		await startSession(running, person, "web");
		await running.twilio.reply(person.number, "which one?");
		await until(
			() => running.twilio.attempts.some(({ body }) => body.includes("Which session")),
			5000,
			() => JSON.stringify(running.twilio.attempts),
		);
		await running.server.close();
		const rows = await database.db.query.deliveries.findMany();
		expect(rows).toHaveLength(1);
		expect(["sent", "delivered"]).toContain(rows[0]?.state);
		await running.twilio[Symbol.asyncDispose]();
		await database.close();
	});
});
