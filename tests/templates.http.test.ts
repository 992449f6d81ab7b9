import { randomUUID } from "node:crypto";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderMessage } from "../server/domain/render-message.ts";
import { templateVariables } from "../src/contract/templates.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { post } from "./helpers/login.ts";
import {
	type LiveSession,
	type Person,
	pairedPerson,
	type ReplyServer,
	startReplyServer,
	startSession,
} from "./helpers/reply-server.ts";
import { emailByResend } from "./rows/email.ts";
import { telegramByBot } from "./rows/telegram.ts";

describe.each(databases)("a user's own words on $name", ({ open }) => {
	let database: TestDatabase;
	let running: ReplyServer;

	beforeAll(async () => {
		database = await open();
		running = await startReplyServer(database);
	});
	afterAll(async () => {
		await running[Symbol.asyncDispose]();
		await database.close();
	});

	async function call(method: string, type: string, person?: Person, body?: object) {
		const answer = await fetch(new URL(`/v1/templates/${type}`, running.server.url), {
			method,
			headers: { "content-type": "application/json", ...person?.headers },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
	}

	function report(session: LiveSession, type: string, details: object = {}) {
		const body = { id: uuidv7(), type, occurred_at: new Date().toISOString(), details };
		return post(running.server.url, `/v1/sessions/${session.id}/events`, body, session.headers);
	}
	const smsTo = (person: Person, words: string) =>
		running.twilio.waitForSms(({ to, body }) => to === person.number && body.includes(words));

	it("are used from the next message on, and given back by DELETE (row 106)", async () => {
		const person = await pairedPerson(running);
		const session = await startSession(running, person, "migrate billing");
		expect(await call("GET", "done", person)).toEqual({
			status: 200,
			body: { type: "done", text: null, variables: [...templateVariables] },
		});
		const saved = await call("PUT", "done", person, { text: "{{icon}} {{session}} fertig: {{text}}" });
		expect(saved).toMatchObject({ status: 200, body: { text: "{{icon}} {{session}} fertig: {{text}}" } });
		await report(session, "done", { message: "All 42 tests pass. {{handle}}" });
		const sms = await smsTo(person, "fertig");
		expect(sms.body).toBe(
			`(${session.handle}) migrate billing fertig: All 42 tests pass. {{handle}}\n\nReply ${session.handle} + text. Reply STOP to disable`,
		);
		await report(session, "error", { tool_name: "Bash", error_message: "Exit code 3" });
		expect((await smsTo(person, "Exit code 3")).body).toContain("Error: Bash: Exit code 3");

		expect(await call("DELETE", "done", person)).toMatchObject({ status: 200, body: { text: null } });
		expect(await call("GET", "done", person)).toMatchObject({ body: { text: null } });
		const next = await startSession(running, person, "web shop");
		await report(next, "done");
		expect((await smsTo(person, "web shop")).body).toContain("Completed successfully!");
	});

	it("are refused with an unknown variable, and the known ones are listed (row 106)", async () => {
		const person = await pairedPerson(running);
		const { status, body } = await call("PUT", "done", person, { text: "{{tittle}}" });
		expect(status).toBe(400);
		expect(body["error"]).toBe("invalid_request");
		for (const name of ["tittle", ...templateVariables]) expect(body["message"]).toContain(`{{${name}}}`);
		const refused = [{ text: "x".repeat(301) }, { text: "" }, { text: 3 }, {}, { text: "ok", more: 1 }];
		for (const each of refused) expect((await call("PUT", "done", person, each)).status).toBe(400);
		expect((await call("PUT", "nonsense", person, { text: "ok" })).status).toBe(400);
		expect(await call("GET", "done", person)).toMatchObject({ body: { text: null } });
	});

	it("are each user's own, and nobody's without a token", async () => {
		const [ann, bob] = [await pairedPerson(running), await pairedPerson(running)];
		await call("PUT", "done", ann, { text: "of Ann" });
		expect(await call("GET", "done", bob)).toMatchObject({ body: { text: null } });
		await call("DELETE", "done", bob);
		expect(await call("GET", "done", ann)).toMatchObject({ body: { text: "of Ann" } });
		for (const method of ["GET", "PUT", "DELETE"]) {
			const body = method === "PUT" ? { text: "x" } : undefined;
			expect((await call(method, "done", undefined, body)).status).toBe(401);
		}
	});

	it("of two types that are saved at once both stay", async () => {
		const person = await pairedPerson(running);
		const types = ["done", "error", "waiting", "progress", "session_lost"];
		await Promise.all(types.map((type) => call("PUT", type, person, { text: `mine ${type}` })));
		for (const type of types) expect(await call("GET", type, person)).toMatchObject({ body: { text: `mine ${type}` } });
	});

	it("take back a lone surrogate and a NUL without a failure", async () => {
		const person = await pairedPerson(running);
		expect((await call("PUT", "done", person, { text: "a\u0000b\ud83d {{text}}" })).status).toBe(200);
		expect(await call("GET", "done", person)).toMatchObject({ body: { text: "ab\ufffd {{text}}" } });
	});
});

const hostile =
	"<b>{{session}}</b> *x* [y](https://evil.example) &amp; @everyone https://ci.example/b?x=1&y=2 {{text}}";

describe.each([telegramByBot, emailByResend])("$name with a user's own words", ({ open }) => {
	it("brings markup in the template and in its variables literally, as text (row 106)", async () => {
		await using fixture = await open();
		const { channel, address, arrived } = fixture;
		const details = { message: "<i>done</i> _*[]()~`&" };
		const content = {
			kind: "event",
			type: "done",
			details,
			description: "a <u>b</u>",
			handle: "b",
			held: undefined,
		} as const;
		const message = renderMessage({ ...content, template: hostile }, channel.style);
		const options = { signal: AbortSignal.timeout(10_000), idempotencyKey: randomUUID() };
		expect(await channel.deliver(address, message, options)).toMatchObject({ ok: true });
		expect(arrived()[0]).toContain(
			"<b>(b) a <u>b</u></b> *x* [y](https://evil.example) &amp; @everyone https://ci.example/b?x=1&y=2 <i>done</i> _*[]()~`&",
		);
		expect(fixture.violations).toEqual([]);
	});
});
