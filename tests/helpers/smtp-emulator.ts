import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { wireFaults } from "./smtp-rules.ts";
import { until } from "./until.ts";

/** What the emulator does when a connection next comes to that point, instead of going on well. */
export type SmtpMisbehaviour =
	| { kind: "refuse"; at: "greeting" | "recipient" | "data"; code: number; message?: string }
	/** Never answers. */
	| { kind: "hang"; at: "greeting" | "recipient" | "data" }
	/** Closes the connection; at `data` the mail was not taken. */
	| { kind: "drop"; at: "greeting" | "recipient" | "data" }
	/** Takes the mail, and the connection ends before it says so. */
	| { kind: "lost_answer"; at: "data" };

export interface SmtpEmulatorOptions {
	/** Without it nobody has to log in. */
	auth?: { user: string; pass: string };
	/** `self-signed` offers STARTTLS and lets nobody log in without; `implicit` is TLS from the first byte, self-signed too. */
	tls?: "none" | "self-signed" | "implicit";
}

/** One mail that the emulator took. */
export interface SmtpMail {
	/** The envelope. */
	mailFrom: string;
	recipients: string[];
	raw: string;
	/** In the order of the mail, names in lower case. */
	headers: { name: string; value: string }[];
	subject: string;
	text: string | undefined;
	html: string | undefined;
	secure: boolean;
	user: string | undefined;
}

const magic: Record<string, string> = {
	550: "5.1.1 No such user here",
	451: "4.3.0 Try again later",
	552: "5.2.2 Mailbox full",
};

const failure = (code: number, message: string) => Object.assign(new Error(message), { responseCode: code });

/** `550@…` and `550+label@…`: what the address asks for. */
const wanted = (address: string) => /^(\d{3})(?:\+[^@]*)?@/.exec(address)?.[1];

/** An SMTP server on 127.0.0.1 that keeps what it gets. It imports nothing of the product. */
export class SmtpEmulator implements AsyncDisposable {
	/** Every mail that was taken, in order. */
	readonly mails: SmtpMail[] = [];
	/** What the product got wrong in a mail's form; a suite asserts at its end that it is empty. */
	readonly violations: string[] = [];
	/** Every answer to a recipient or a mail that was no success. */
	readonly refusals: { code: number; recipients: string[] }[] = [];
	connections = 0;
	port = 0;
	readonly #options: SmtpEmulatorOptions;
	readonly #next: SmtpMisbehaviour[] = [];
	readonly #sockets = new Map<number, Socket>();
	readonly #server: SMTPServer;

	constructor(options: SmtpEmulatorOptions = {}) {
		this.#options = options;
		const { auth, tls = "none" } = options;
		const pem = readFileSync(join(import.meta.dirname, "example-host.pem"));
		this.#server = new SMTPServer({
			secure: tls === "implicit",
			...(tls === "none" ? {} : { key: pem, cert: pem }),
			disabledCommands: [...(tls === "self-signed" ? [] : ["STARTTLS"]), ...(auth === undefined ? ["AUTH"] : [])],
			authOptional: auth === undefined,
			allowInsecureAuth: tls === "none",
			closeTimeout: 100,
			disableReverseLookup: true,
			logger: false,
			onConnect: (session, done) => this.#connect(session, done),
			onAuth: ({ username, password }, _session, done) => {
				const fits = username === auth?.user && password === auth?.pass;
				if (fits) done(null, { user: username ?? "" });
				else done(failure(535, "5.7.8 Authentication credentials invalid"));
			},
			onRcptTo: ({ address }, session, done) => this.#recipient(address, session, done),
			onData: (stream, session, done) => this.#data(stream, session, done),
		});
		// A client that goes away is nothing to crash over.
		this.#server.on("error", () => undefined);
		this.#server.server.on("connection", (socket: Socket) => this.#sockets.set(socket.remotePort ?? 0, socket));
	}

	/** As SMTP_URL would have it. */
	get url(): string {
		const { auth, tls } = this.#options;
		const login = auth === undefined ? "" : `${encodeURIComponent(auth.user)}:${encodeURIComponent(auth.pass)}@`;
		return `${tls === "implicit" ? "smtps" : "smtp"}://${login}127.0.0.1:${this.port}`;
	}

	async listen(): Promise<this> {
		await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
		this.port = (this.#server.server.address() as AddressInfo).port;
		return this;
	}

	/** The next connections that come to that point get these, in order, one each. */
	next(...misbehaviours: SmtpMisbehaviour[]): void {
		this.#next.push(...misbehaviours);
	}

	/** The first mail, past or to come, that fits. */
	waitForMail(fits: (mail: SmtpMail) => boolean, timeoutMs = 10_000): Promise<SmtpMail> {
		const had = () => this.mails.map((mail) => JSON.stringify(mail.subject)).join(", ");
		return until(
			() => this.mails.find(fits),
			timeoutMs,
			() => `no such mail; there were: ${had()}`,
		);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		// Node crashes when the socket below a TLS handshake is destroyed; the server closes those by itself.
		if ((this.#options.tls ?? "none") === "none") for (const socket of this.#sockets.values()) socket.destroy();
		await new Promise<void>((done) => this.#server.close(done));
	}

	#misbehaviour(at: SmtpMisbehaviour["at"]): SmtpMisbehaviour | undefined {
		return this.#next[0]?.at === at ? this.#next.shift() : undefined;
	}

	/** True when it did something, so that nothing is left to be done. */
	#misbehave(at: SmtpMisbehaviour["at"], session: SMTPServerSession, done: (error: Error) => void): boolean {
		const how = this.#misbehaviour(at);
		if (how?.kind === "drop") this.#sockets.get(session.remotePort)?.destroy();
		if (how?.kind === "refuse") done(failure(how.code, how.message ?? "The emulator was told to refuse."));
		return how !== undefined;
	}

	#connect(session: SMTPServerSession, done: (error?: Error | null) => void): void {
		this.connections += 1;
		if (!this.#misbehave("greeting", session, done)) done();
	}

	#recipient(address: string, session: SMTPServerSession, done: (error?: Error | null) => void): void {
		const refuse = (code: number, error: Error) => {
			this.refusals.push({ code, recipients: [address] });
			done(error);
		};
		if (this.#misbehave("recipient", session, (error) => refuse(Number(Reflect.get(error, "responseCode")), error)))
			return;
		const code = wanted(address);
		if (code === "550" || code === "451") refuse(Number(code), failure(Number(code), magic[code] ?? ""));
		else done();
	}

	#data(stream: SMTPServerDataStream, session: SMTPServerSession, done: (error?: Error | null) => void): void {
		const chunks: Buffer[] = [];
		stream.on("data", (chunk: Buffer) => chunks.push(chunk));
		stream.on("end", () => {
			this.#judge(Buffer.concat(chunks), session, done).catch((error: unknown) => {
				this.violations.push(String(error));
				done(failure(554, "5.6.0 The mail could not be read"));
			});
		});
	}

	async #judge(raw: Buffer, session: SMTPServerSession, done: (error?: Error | null) => void): Promise<void> {
		const recipients = session.envelope.rcptTo.map(({ address }) => address);
		const refuse = (error: Error) => {
			this.refusals.push({ code: Number(Reflect.get(error, "responseCode")), recipients });
			done(error);
		};
		this.violations.push(...wireFaults(raw));
		const lost = this.#next[0]?.kind === "lost_answer";
		if (!lost && this.#misbehave("data", session, refuse)) return;
		if (recipients.some((address) => wanted(address) === "552")) {
			refuse(failure(552, magic["552"] ?? ""));
			return;
		}
		await this.#keep(raw, session, recipients);
		if (!lost) {
			done();
			return;
		}
		this.#next.shift();
		this.#sockets.get(session.remotePort)?.destroy();
	}

	async #keep(raw: Buffer, session: SMTPServerSession, recipients: string[]): Promise<void> {
		const mail = await PostalMime.parse(raw);
		const { mailFrom } = session.envelope;
		this.mails.push({
			mailFrom: mailFrom === false ? "" : mailFrom.address,
			recipients,
			raw: raw.toString(),
			headers: mail.headers.map(({ key, value }) => ({ name: key, value })),
			subject: mail.subject ?? "",
			text: mail.text,
			html: mail.html,
			secure: session.secure,
			user: session.user,
		});
	}
}

/** Started and listening. */
export function startSmtpEmulator(options: SmtpEmulatorOptions = {}): Promise<SmtpEmulator> {
	return new SmtpEmulator(options).listen();
}
