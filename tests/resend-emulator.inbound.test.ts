import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadMails } from "./helpers/mails.ts";
import { ResendRig } from "./helpers/resend-rig.ts";
import { receivedContent, resendEvent } from "./helpers/resend-shapes.ts";

let rig: ResendRig;

beforeAll(async () => {
	rig = await ResendRig.start();
});

afterAll(() => rig[Symbol.asyncDispose]());

describe("Resend emulator: webhooks", () => {
	it("are refused by the SDK's own check when forged, old or tampered with", async () => {
		const body = { type: "email.delivered", created_at: new Date().toISOString(), data: {} };
		await rig.emulator.post(rig.webhookUrl, body);
		expect(rig.verify(rig.last())).toMatchObject({ type: "email.delivered" });
		const now = Math.floor(Date.now() / 1000);
		for (const options of [
			{ secret: `whsec_${Buffer.from("another").toString("base64")}` },
			{ timestamp: now - 600 },
			{ timestamp: now + 600 },
			{ tampered: JSON.stringify({ ...body, type: "email.bounced" }) },
			{ headers: {} },
		]) {
			await rig.emulator.post(rig.webhookUrl, body, options);
			expect(() => rig.verify(rig.last()), JSON.stringify(options)).toThrow();
		}
	});

	it("come when told, in any order, and again with the same id", async () => {
		await using own = await ResendRig.start({ events: "manual" });
		await own.send();
		await own.emulator.settled();
		expect(own.emulator.deliveries).toEqual([]);
		const [taken] = own.emulator.sent;
		if (taken === undefined) throw new Error("no mail was taken");
		const first = await own.emulator.event(taken, "bounced", { type: "Transient", subType: "MailboxFull" });
		expect(resendEvent.parse(JSON.parse(first.body))).toMatchObject({
			data: { bounce: { type: "Transient", subType: "MailboxFull" } },
		});
		const again = await own.emulator.redeliver(first);
		expect(again).toMatchObject({ id: first.id, body: first.body, type: "email.bounced", status: 200 });
		expect(own.verify(own.last())).toEqual(JSON.parse(first.body));
	});

	it("note a server that is gone", async () => {
		await using own = await ResendRig.start({ webhookUrl: "http://127.0.0.1:9/" });
		await own.send();
		await own.emulator.settled();
		expect(own.emulator.deliveries.map((delivery) => delivery.status)).toEqual([0]);
		expect(own.emulator.violations).toEqual([]);
	});
});

describe("Resend emulator: receiving", () => {
	const reply = { from: "Änn Bö <ann@gmail.com>", to: "r+k9f2@in.claude-notify.dev", subject: "Re: fertig ✅" };

	it("tells of a mail without its text, which the SDK then gets", async () => {
		const html = "<p>yes, go on – 谢谢</p>";
		const arrived = await rig.emulator.mail({
			...reply,
			text: "yes, go on – 谢谢",
			html,
			headers: { "In-Reply-To": "<a@b>" },
		});
		expect(arrived.body).not.toContain("go on");
		const told = resendEvent.parse(JSON.parse(arrived.body));
		expect(told).toMatchObject({
			type: "email.received",
			data: { from: reply.from, to: [reply.to], received_for: [reply.to], subject: reply.subject },
		});
		const { data } = await rig.sdk().emails.receiving.get(arrived.emailId);
		const got = receivedContent.parse(data);
		expect(got).toMatchObject({
			id: arrived.emailId,
			text: "yes, go on – 谢谢",
			html,
			from: reply.from,
		});
		expect(got.headers).toMatchObject({
			"in-reply-to": "<a@b>",
			"return-path": "<ann@gmail.com>",
			"authentication-results": expect.stringMatching(
				/^amazonses\.com; spf=pass \(spfCheck: .+\) client-ip=.+; envelope-from=ann@gmail\.com; helo=.+; dkim=pass header\.i=@gmail\.com; dmarc=pass header\.from=gmail\.com;$/,
			),
		});
	});

	const results = async (authentication: "pass" | "fail" | "none" | "absent" | "forged", repeatedHeaders?: "list") => {
		const arrival = { authentication, ...(repeatedHeaders === undefined ? {} : { repeatedHeaders }) };
		const { emailId } = await rig.emulator.mail({ ...reply, text: "yes" }, arrival);
		return (await rig.sdk().emails.receiving.get(emailId)).data?.headers?.["authentication-results"] as unknown;
	};

	it("says what the receiving server found of the sender", async () => {
		expect(await results("fail")).toMatch(/^amazonses\.com; spf=fail .*; dmarc=fail header\.from=gmail\.com;$/);
		expect(await results("none")).toMatch(/; dkim=none; dmarc=none /);
		expect(await results("absent")).toBeUndefined();
	});

	it("shows a forged result after the receiving server's own, as a list in a string or as a list", async () => {
		for (const values of [JSON.parse(String(await results("forged"))), await results("forged", "list")]) {
			expect(values).toEqual([expect.stringContaining("dmarc=fail"), expect.stringContaining("dmarc=pass")]);
		}
	});

	it("takes a raw mail with its attachments, and refuses one for another domain", async () => {
		const lines = [
			"From: ann@gmail.com",
			`To: ${reply.to}`,
			"Subject: file",
			"Message-ID: <1@gmail.com>",
			"Content-Type: multipart/mixed; boundary=b",
			"",
			"--b",
			"Content-Type: text/plain",
			"",
			"see file",
			"--b",
			"Content-Type: text/csv",
			"Content-Disposition: attachment; filename=a.csv",
			"",
			"1,2,3",
			"--b--",
		].join("\r\n");
		const arrived = await rig.emulator.mail(lines, { envelopeFrom: "" });
		const got = receivedContent.parse((await rig.sdk().emails.receiving.get(arrived.emailId)).data);
		expect(got.attachments).toMatchObject([
			{ filename: "a.csv", content_type: "text/csv", content_disposition: "attachment" },
		]);
		expect(got.headers["return-path"]).toBe("<>");
		await expect(rig.emulator.mail({ ...reply, to: "ann@gmail.com", text: "x" })).rejects.toThrow(
			"is not at in.claude-notify.dev",
		);
	});

	it("has every mail of the fixtures as its sender wrote it", async () => {
		for (const fixture of await loadMails()) {
			const { emailId } = await rig.emulator.mail(fixture.raw);
			const got = receivedContent.parse((await rig.sdk().emails.receiving.get(emailId)).data);
			expect(got, fixture.name).toMatchObject({ text: fixture.text, html: fixture.html, headers: fixture.headers });
		}
	});

	it("gives no mail to strangers, to a key that may only send, or that it does not have", async () => {
		const { emailId } = await rig.emulator.mail({ ...reply, text: "x" });
		expect((await rig.sdk("re_wrong").emails.receiving.get(emailId)).error).toMatchObject({ statusCode: 403 });
		expect(rig.emulator.violations.splice(0)).toHaveLength(1);
		const unknown = "00000000-0000-4000-8000-000000000000";
		expect((await rig.sdk().emails.receiving.get(unknown)).error).toMatchObject({ statusCode: 404, name: "not_found" });
		await using limited = await ResendRig.start({ apiKeyAccess: "sending" });
		expect((await limited.sdk().emails.receiving.get(unknown)).error).toMatchObject({ name: "restricted_api_key" });
	});

	it("does as it was told with the next reads", async () => {
		const { emailId } = await rig.emulator.mail({ ...reply, text: "x" });
		rig.emulator.nextRead({ kind: "answer", status: 503 }, { kind: "reset" });
		expect((await rig.sdk().emails.receiving.get(emailId)).error).toMatchObject({ statusCode: 503 });
		expect((await rig.sdk().emails.receiving.get(emailId)).error).toMatchObject({ statusCode: null });
		expect((await rig.sdk().emails.receiving.get(emailId)).data).toMatchObject({ id: emailId });
		expect(rig.emulator.reads.filter(({ id }) => id === emailId).map(({ status }) => status)).toEqual([503, 0, 200]);
	});
});
