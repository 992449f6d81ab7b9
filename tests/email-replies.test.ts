import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { post } from "./helpers/login.ts";
import {
	answer,
	freshAddress,
	type MailServer,
	mailPerson,
	startMailServer,
	toldSession,
} from "./helpers/mail-server.ts";
import { loadMails } from "./helpers/mails.ts";
import { type LiveSession, poll } from "./helpers/reply-server.ts";
import { rowCount } from "./helpers/reply-world.ts";
import { until } from "./helpers/until.ts";

const mails = await loadMails();
const written = mails.filter(({ expected }) => expected !== "drop");
const automatic = mails.filter(({ expected }) => expected === "drop");
/** The address that all fixtures answer to. */
const fixtureReplyTo = /r\+[a-z2-7]{16}@in\.claude-notify\.dev/g;

describe.each(databases)("answers by mail on $name", ({ open }) => {
	let database: TestDatabase;
	let mail: MailServer;

	beforeAll(async () => {
		database = await open();
		mail = await startMailServer(database);
	});
	afterAll(async () => {
		expect(mail.resend.violations).toEqual([]);
		await mail[Symbol.asyncDispose]();
		await database.close();
	});

	const textsOf = async (session: LiveSession) => (await poll(mail, session)).messages.map(({ text }) => text);

	it.each(written.map(({ name, expected, raw, from }) => ({ name, expected, raw, from })))(
		"what a person wrote is all that the session gets, once: $name (row 131)",
		async ({ expected, raw, from }) => {
			const person = await mailPerson(mail, freshAddress(from.slice(from.indexOf("@") + 1)));
			const told = await toldSession(mail, person);
			const own = (text: string) => text.replaceAll(fixtureReplyTo, told.replyTo).replaceAll(from, person.address);
			const delivery = await mail.resend.mail(own(raw));
			expect(delivery.status).toBe(204);
			// Resend asks again after an answer that it did not get, and another webhook may tell of the same mail.
			expect((await mail.resend.redeliver(delivery)).status).toBe(204);
			expect((await mail.resend.post(mail.resend.webhookUrl ?? "", delivery.body)).status).toBe(204);
			expect(await textsOf(told)).toEqual(expected === "" ? [] : [own(expected)]);
		},
	);

	it.each(automatic.map(({ name, raw, from }) => ({ name, raw, from })))(
		"what no person wrote has no effect: $name (row 130)",
		async ({ raw, from }) => {
			const isPerson = from.startsWith("ann");
			const person = await mailPerson(mail, freshAddress(isPerson ? from.slice(from.indexOf("@") + 1) : undefined));
			const told = await toldSession(mail, person);
			const before = await rowCount(database.db, "inbound");
			const given = raw.replaceAll(fixtureReplyTo, told.replyTo);
			const delivery = await mail.resend.mail(isPerson ? given.replaceAll(from, person.address) : given);
			expect(delivery.status).toBe(204);
			expect(await textsOf(told)).toEqual([]);
			expect(await rowCount(database.db, "inbound")).toBe(before);
		},
	);

	it("go to the session of the mail that they answer, whatever the letter in it says (row 129)", async () => {
		const person = await mailPerson(mail);
		const [api, web] = [await toldSession(mail, person, "api"), await toldSession(mail, person, "web")];
		await mail.resend.mail(answer(person, web, "run the tests"));
		await mail.resend.mail(answer(person, api, `${web.handle} go`));
		await mail.resend.mail(answer(person, api, "yes"));
		expect(await textsOf(web)).toEqual(["run the tests"]);
		expect(await textsOf(api)).toEqual([`${web.handle} go`, "yes"]);
	});

	it("come in by Cc and by an address in capitals as well", async () => {
		const person = await mailPerson(mail);
		const told = await toldSession(mail, person);
		const { to, headers, ...parts } = answer(person, told, "one");
		const cc = { ...parts, to: "Bob <bob@gmail.com>", headers: { ...headers, Cc: to } };
		await mail.resend.mail(cc, { receivedFor: [told.replyTo] });
		await mail.resend.mail({ ...parts, text: "two", to: told.replyTo.toUpperCase() });
		await mail.resend.mail({ ...parts, text: "three", to, from: person.address.toUpperCase() });
		expect(await textsOf(told)).toEqual(["one", "two", "three"]);
	});

	it("to a session that has ended are told so, by a mail that takes a resume", async () => {
		const person = await mailPerson(mail);
		const told = await toldSession(mail, person);
		const ended = { reason: "user_stop", final_state: "completed", ended_at: new Date().toISOString() };
		const stopped = await post(mail.server.url, `/v1/sessions/${told.id}/stop`, ended, told.headers);
		expect(stopped.status).toBe(200);
		expect((await mail.resend.mail(answer(person, told, "go on"))).status).toBe(204);
		const notice = await mail.resend.waitForMail(
			({ to, text }) => to.includes(person.address) && /has ended/.test(text ?? ""),
		);
		expect(notice).toMatchObject({ subject: "claude-notify", replyTo: [told.replyTo] });
	});

	it("are asked for again when Resend did not give them, and then taken once", async () => {
		const person = await mailPerson(mail);
		const told = await toldSession(mail, person);
		// The server asks about its key when it starts: that request is not meant.
		await until(
			() => mail.resend.reads.length > 0,
			5000,
			() => "the server asked Resend for nothing",
		);
		mail.resend.nextRead(
			{ kind: "answer", status: 503, body: "<html>busy</html>" },
			{ kind: "answer", status: 429, name: "rate_limit_exceeded" },
			{ kind: "reset" },
			{ kind: "answer", status: 401, name: "restricted_api_key" },
		);
		const first = await mail.resend.mail(answer(person, told, "go"));
		const later = [await mail.resend.redeliver(first), await mail.resend.redeliver(first)];
		later.push(
			await mail.resend.redeliver(first),
			await mail.resend.redeliver(first),
			await mail.resend.redeliver(first),
		);
		expect([first, ...later].map(({ status }) => status)).toEqual([503, 503, 503, 503, 204, 204]);
		expect(await textsOf(told)).toEqual(["go"]);
		expect(mail.logged.join("")).not.toContain(mail.resend.apiKey);
	});

	it("that are not there, or too long to be read, are left alone", async () => {
		const person = await mailPerson(mail);
		const told = await toldSession(mail, person);
		mail.resend.nextRead({ kind: "answer", status: 404, name: "not_found" });
		expect((await mail.resend.mail(answer(person, told, "gone"))).status).toBe(204);
		const huge = { ...answer(person, told, "x"), text: "x".repeat(3_000_000) };
		expect((await mail.resend.mail(huge)).status).toBe(204);
		expect(await textsOf(told)).toEqual([]);
	});

	it("leave no address in the log (row 48)", async () => {
		const log = mail.logged.join("");
		expect(log).toContain("inbound message");
		expect(log).not.toMatch(/ann\d+@/);
	});
});
