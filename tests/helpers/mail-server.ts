import { eq } from "drizzle-orm";
import * as tables from "../../server/db/schema.ts";
import { tokens } from "../../src/contract/auth.ts";
import { openResend, resendVariables } from "../rows/email.ts";
import type { TestDatabase } from "./database.ts";
import { codeIn, exchangeBody, fingerprintOf, loginBody, post, secret, withToken } from "./login.ts";
import { type LiveSession, type ReplyServer, startReplyServer, startSession } from "./reply-server.ts";
import type { MailParts, ResendEmulator, ResendEmulatorOptions, SentMail } from "./resend-emulator.ts";

/** The very server of `npm start` with an emulated Resend; the world reaches it by https. */
export interface MailServer extends ReplyServer {
	resend: ResendEmulator;
}

export async function startMailServer(
	database: TestDatabase,
	options: ResendEmulatorOptions = {},
): Promise<MailServer> {
	const resend = await openResend(options);
	const env = { ...resendVariables(resend), PUBLIC_URL: "https://notify.example.com" };
	const running = await startReplyServer(database, { env });
	resend.webhookUrl = new URL("/webhooks/resend", running.server.url).href;
	return {
		...running,
		resend,
		async [Symbol.asyncDispose]() {
			await resend.settled();
			await running[Symbol.asyncDispose]();
			await resend[Symbol.asyncDispose]();
		},
	};
}

export interface MailPerson {
	address: string;
	headers: Record<string, string>;
}

let people = 0;
/** An address that exists in no other test of the file. */
export const freshAddress = (domain = "gmail.com") => `ann${++people}@${domain}`;

/** Someone with a paired mail address and a logged-in machine. */
export async function mailPerson({ server, resend }: MailServer, address = freshAddress()): Promise<MailPerson> {
	const verifier = secret();
	const answer = await post(server.url, "/login", { ...loginBody("", verifier), channel: "email", address });
	if (answer.status !== 200) throw new Error(`POST /login answered ${answer.status} ${JSON.stringify(answer.body)}`);
	const mail = resend.sent.findLast(({ to }) => to.includes(address));
	const begun = {
		tempToken: String(answer.body["temp_token"]),
		verifier,
		number: address,
		code: codeIn(mail?.text ?? ""),
	};
	const exchanged = await post(server.url, "/auth/exchange", exchangeBody(begun));
	return { address, headers: withToken(tokens.parse(exchanged.body).access_token, fingerprintOf("laptop")) };
}

/** A session that has sent its person a mail, and that mail. */
export async function toldSession(
	mail: MailServer,
	person: MailPerson,
	description = "migrate billing",
): Promise<LiveSession & { mail: SentMail; replyTo: string }> {
	const session = await startSession(mail, person, description);
	await report(mail, session, "done");
	const told = await mail.resend.waitForMail(
		({ to, text }) => to.includes(person.address) && (text ?? "").includes(`"${description}"`),
	);
	const [replyTo] = told.replyTo;
	if (replyTo === undefined) throw new Error("the mail asks for no answer");
	return { ...session, mail: told, replyTo };
}

export async function report(mail: MailServer, session: LiveSession, type: string): Promise<void> {
	const event = { id: mail.server.deps.id(), type, occurred_at: new Date().toISOString(), details: {} };
	const answer = await post(mail.server.url, `/v1/sessions/${session.id}/events`, event, session.headers);
	if (answer.status >= 300) throw new Error(`the event was answered ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** A person's answer as their mail program writes it. */
export function answer(person: MailPerson, told: { mail: SentMail; replyTo: string }, text: string): MailParts {
	const quote = (told.mail.text ?? "").replace(/^/gm, "> ");
	return {
		from: `Ann Example <${person.address}>`,
		to: `Claude <${told.replyTo}>`,
		subject: `Re: ${told.mail.subject}`,
		text: `${text}\n\nOn Fri, Nov 20, 2026 at 12:00 PM ${told.mail.from} wrote:\n\n${quote}\n`,
		headers: { "In-Reply-To": told.mail.messageId, References: told.mail.messageId },
	};
}

/** Whether the address of a person has been switched off. */
export async function isOptedOut({ server }: MailServer, { address }: MailPerson): Promise<boolean> {
	const { db, vault } = server.deps;
	const [row] = await db
		.select({ at: tables.identities.optedOutAt })
		.from(tables.identities)
		.where(eq(tables.identities.addressMac, vault.mac("address", address)));
	if (row === undefined) throw new Error("there is no such address");
	return row.at !== null;
}
