import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveries } from "../server/db/schema.ts";
import { deliveryReport } from "../src/contract/sessions.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { post } from "./helpers/login.ts";
import {
	freshAddress,
	isOptedOut,
	type MailPerson,
	type MailServer,
	mailPerson,
	startMailServer,
} from "./helpers/mail-server.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("Resend's events on $name", ({ open }) => {
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

	async function reportOf(person: MailPerson, id: string | undefined) {
		const answer = await fetch(new URL(`/v1/deliveries/${id}`, mail.server.url), { headers: person.headers });
		return deliveryReport.parse(await answer.json());
	}
	/** The provider's own last word on a message. */
	async function receiptOf(id = "") {
		const [row] = await database.db.select().from(deliveries).where(eq(deliveries.id, id));
		return row?.receipt;
	}
	/** A test message, queued. */
	async function testMessage(person: MailPerson) {
		const answer = await post(mail.server.url, "/v1/test", {}, person.headers);
		const [queued] = deliveryReport.array().parse(answer.body["deliveries"]);
		return queued?.id;
	}
	const stateOf = (person: MailPerson, id: string | undefined, state: string) =>
		until(
			async () => {
				const report = await reportOf(person, id);
				return report.state === state && report;
			},
			20_000,
			async () => JSON.stringify(await reportOf(person, id)),
		);
	const sentTo = ({ address }: MailPerson) =>
		mail.resend.sent.filter(({ to, text }) => to.includes(address) && /test message/.test(text ?? ""));

	it("say that a mail was delivered (row 119)", async () => {
		const person = await mailPerson(mail);
		const id = await testMessage(person);
		expect(await stateOf(person, id, "delivered")).toMatchObject({ error: null });
		expect(await receiptOf(id)).toBe("delivered");
		expect(sentTo(person)[0]?.tags).toEqual([{ name: "delivery", value: id }]);
	});

	it("save a mail whose answer was lost from being sent twice: they know it by its tag (row 119)", async () => {
		const person = await mailPerson(mail);
		mail.resend.next({ kind: "lost_answer" });
		const id = await testMessage(person);
		await stateOf(person, id, "delivered");
		expect(sentTo(person)).toHaveLength(1);
		expect(await isOptedOut(mail, person)).toBe(false);
	});

	it("say that an address does not exist: the channel is off until it is paired again (row 119)", async () => {
		const person = await mailPerson(mail, "bounced+ann@resend.dev");
		const id = await testMessage(person);
		expect(await stateOf(person, id, "failed")).toMatchObject({ error: "The mail address does not exist." });
		expect(await receiptOf(id)).toBe("bounced Permanent/General");
		expect(await isOptedOut(mail, person)).toBe(true);
	});

	it("say that a mail box is full, which passes: the channel stays on (row 119)", async () => {
		const person = await mailPerson(mail);
		const id = await testMessage(person);
		await stateOf(person, id, "delivered");
		const [taken] = sentTo(person);
		if (taken === undefined) throw new Error("no mail was taken");
		await mail.resend.event(taken, "bounced", { type: "Transient", subType: "MailboxFull" });
		// Delivered is a proof; a bounce that comes later changes nothing.
		expect(await reportOf(person, id)).toMatchObject({ state: "delivered" });
		expect(await isOptedOut(mail, person)).toBe(false);
	});

	it("say that somebody complained, though the mail was delivered: the channel is off, once (rows 105, 119)", async () => {
		const person = await mailPerson(mail, "complained+ann@resend.dev");
		const id = await testMessage(person);
		await stateOf(person, id, "delivered");
		await until(
			() => isOptedOut(mail, person),
			5000,
			() => "the channel is still on",
		);
		await mail.resend.settled();
		expect([(await reportOf(person, id)).state, await receiptOf(id)]).toEqual(["delivered", "complained"]);
		const again = await mailPerson(mail, person.address);
		expect(await isOptedOut(mail, again)).toBe(false);
		// The emulated person complains of the code's mail too, which is about no delivery of ours.
		await mail.resend.settled();
		const first = mail.resend.deliveries.find(
			({ type, body }) => type === "email.complained" && body.includes(id ?? ""),
		);
		if (first === undefined) throw new Error("nobody complained of the test message");
		expect((await mail.resend.redeliver(first)).status).toBe(204);
		expect(await isOptedOut(mail, again)).toBe(false);
	});

	it("say that Resend sends nothing more there: the channel is off", async () => {
		const person = await mailPerson(mail, "suppressed+ann@resend.dev");
		const report = await stateOf(person, await testMessage(person), "failed");
		expect(report.error).toMatch(/^Resend sends nothing more to this address/);
		expect(await isOptedOut(mail, person)).toBe(true);
	});

	it("are refused when forged, and change nothing", async () => {
		const person = await mailPerson(mail);
		const id = await testMessage(person);
		await stateOf(person, id, "delivered");
		await mail.resend.settled();
		const told = mail.resend.deliveries.find(({ body }) => body.includes(id ?? ""));
		const forged = (told?.body ?? "").replace("email.delivered", "email.complained");
		const secret = `whsec_${btoa("another secret of theirs")}`;
		expect((await mail.resend.post(mail.resend.webhookUrl ?? "", forged, { secret })).status).toBe(401);
		expect(await isOptedOut(mail, person)).toBe(false);
	});

	it("about mails that are not ours, and of kinds that nobody asked for, are taken and change nothing", async () => {
		const person = await mailPerson(mail, freshAddress());
		const data = { email_id: "x", to: [person.address], from: "a@b.example", subject: "x", tags: { delivery: "1" } };
		for (const type of ["email.bounced", "email.complained", "email.opened", "domain.created"]) {
			const body = { type, created_at: new Date().toISOString(), data };
			expect((await mail.resend.post(mail.resend.webhookUrl ?? "", body)).status).toBe(204);
		}
		expect(await isOptedOut(mail, person)).toBe(false);
	});
});
