import { connect } from "node:net";
import { createTransport, type SendMailOptions } from "nodemailer";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { type SmtpEmulator, type SmtpEmulatorOptions, startSmtpEmulator } from "./helpers/smtp-emulator.ts";
import { wireFaults } from "./helpers/smtp-rules.ts";

let emulator: SmtpEmulator;

async function start(options: SmtpEmulatorOptions = {}): Promise<SmtpEmulator> {
	emulator = await startSmtpEmulator(options);
	return emulator;
}

afterEach(() => emulator[Symbol.asyncDispose]());

/** A mail through the real nodemailer, as SMTP_URL would have it. */
function send(more: SendMailOptions = {}, transport: object = {}): Promise<unknown> {
	const { url } = emulator;
	const mailer = createTransport({
		url,
		connectionTimeout: 500,
		greetingTimeout: 500,
		socketTimeout: 500,
		...transport,
	});
	onTestFinished(() => mailer.close());
	const mail = { from: "Claude <notify@mail.dev>", to: "ann@gmail.com", subject: "(b) Claude ✅", text: "done – 谢谢" };
	return mailer.sendMail({ ...mail, ...more });
}

/** `self-signed` is refused unless it is said to be fine. */
const trusting = { tls: { rejectUnauthorized: false } };

describe("SMTP emulator", () => {
	it("keeps a mail of the real nodemailer with its envelope, headers and both texts", async () => {
		await start();
		await send({
			html: "<p>done – 谢谢</p>",
			replyTo: "r+k9f2@in.dev",
			messageId: "<evt1@mail.dev>",
			references: "<s1@mail.dev>",
			headers: { "Auto-Submitted": "auto-generated" },
		});
		expect(emulator.mails).toMatchObject([
			{
				mailFrom: "notify@mail.dev",
				recipients: ["ann@gmail.com"],
				subject: "(b) Claude ✅",
				text: "done – 谢谢\n",
				html: "<p>done – 谢谢</p>\n",
				secure: false,
				user: undefined,
			},
		]);
		const { headers = [], raw = "" } = emulator.mails[0] ?? {};
		expect(Object.fromEntries(headers.map(({ name, value }) => [name, value]))).toMatchObject({
			"reply-to": "r+k9f2@in.dev",
			"message-id": "<evt1@mail.dev>",
			references: "<s1@mail.dev>",
			"auto-submitted": "auto-generated",
		});
		expect(raw).toContain("Auto-Submitted: auto-generated\r\n");
		expect(emulator.violations).toEqual([]);
	});

	it.each([
		["550@gmail.com", 550, "EENVELOPE"],
		["550+ann@gmail.com", 550, "EENVELOPE"],
		["451@gmail.com", 451, "EENVELOPE"],
		["552@gmail.com", 552, "EMESSAGE"],
	])("refuses %s with its number", async (to, responseCode, code) => {
		await start();
		await expect(send({ to })).rejects.toMatchObject({ responseCode, code });
		expect(emulator.refusals).toEqual([{ code: responseCode, recipients: [to] }]);
		expect(emulator.mails).toEqual([]);
	});

	it("lets in who knows the password, and nobody else", async () => {
		await start({ auth: { user: "notify@mail.dev", pass: "p@ss:word/1" } });
		await send();
		expect(emulator.mails).toMatchObject([{ user: "notify@mail.dev" }]);
		await expect(send({}, { url: emulator.url.replace("word", "wrong") })).rejects.toMatchObject({
			code: "EAUTH",
			responseCode: 535,
		});
		await expect(send({}, { url: `smtp://127.0.0.1:${emulator.port}` })).rejects.toMatchObject({ responseCode: 530 });
	});

	it.each(["self-signed", "implicit"] as const)("has a certificate that nobody vouches for (%s)", async (tls) => {
		await start({ tls, auth: { user: "a", pass: "b" } });
		await expect(send()).rejects.toMatchObject({ code: expect.stringMatching(/^(ESOCKET|ETLS)$/) });
		expect(emulator.mails).toEqual([]);
		await send({}, trusting);
		expect(emulator.mails).toMatchObject([{ secure: true, user: "a" }]);
	});

	it("lets nobody log in before STARTTLS", async () => {
		await start({ tls: "self-signed", auth: { user: "a", pass: "b" } });
		await expect(send({}, { ignoreTLS: true })).rejects.toMatchObject({ responseCode: 538 });
	});

	it.each([
		["refuses at the greeting", { kind: "refuse", at: "greeting", code: 421 }, { responseCode: 421 }],
		["hangs at the greeting", { kind: "hang", at: "greeting" }, { code: "ETIMEDOUT" }],
		["drops at the greeting", { kind: "drop", at: "greeting" }, { code: expect.stringMatching(/ECONNECTION|ESOCKET/) }],
		["refuses a recipient", { kind: "refuse", at: "recipient", code: 452 }, { responseCode: 452 }],
		["refuses after the mail", { kind: "refuse", at: "data", code: 554 }, { responseCode: 554 }],
		["hangs after the mail", { kind: "hang", at: "data" }, { code: "ETIMEDOUT" }],
		["drops after the mail", { kind: "drop", at: "data" }, { code: expect.stringMatching(/ECONNECTION|ESOCKET/) }],
	] as const)("%s when told so, then answers well again", async (_what, misbehaviour, error) => {
		await start();
		emulator.next(misbehaviour);
		await expect(send()).rejects.toMatchObject(error);
		expect(emulator.mails).toEqual([]);
		await send();
		expect(emulator.mails).toHaveLength(1);
		expect(emulator.connections).toBe(2);
	});

	it("waits for a mail that is still to come", async () => {
		await start();
		const waiting = emulator.waitForMail(({ subject }) => subject === "later");
		await send({ subject: "sooner" });
		await send({ subject: "later" });
		expect((await waiting).subject).toBe("later");
		await expect(emulator.waitForMail(({ subject }) => subject === "never", 50)).rejects.toThrow('"sooner", "later"');
	});

	it("takes a mail whose answer is lost", async () => {
		await start();
		emulator.next({ kind: "lost_answer", at: "data" });
		await expect(send()).rejects.toThrow();
		expect(emulator.mails).toHaveLength(1);
	});

	it("notes what is wrong with a mail's form", async () => {
		await start();
		const raw = "From: a@b.dev\r\nSubject: ü\r\nDate: x\r\nDate: y\r\n\r\ntext\r\n";
		await send({ envelope: { from: "a@b.dev", to: "ann@gmail.com" }, raw });
		expect(emulator.violations).toEqual([
			"the headers are not ASCII",
			"the header to came 0 times",
			"the header date came 2 times",
			"the header message-id came 0 times",
			"the header mime-version came 0 times",
		]);
		expect(wireFaults(Buffer.from(`a\nb\r\n${"x".repeat(999)}\r\n\r\n`))).toEqual(
			expect.arrayContaining(["a line ends in CR or LF alone", "a line has more than 998 bytes"]),
		);
	});

	it("ends in spite of a client that stays connected", async () => {
		await start();
		const socket = connect(emulator.port, "127.0.0.1");
		const closed = new Promise((done) => socket.on("close", done));
		await new Promise((done) => socket.once("data", done));
		await emulator[Symbol.asyncDispose]();
		await closed;
		await start();
	});
});
