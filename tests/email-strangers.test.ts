import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databases, type TestDatabase } from "./helpers/database.ts";
import {
	answer,
	freshAddress,
	type MailPerson,
	type MailServer,
	mailPerson,
	startMailServer,
	toldSession,
} from "./helpers/mail-server.ts";
import { poll } from "./helpers/reply-server.ts";
import { rowCount } from "./helpers/reply-world.ts";
import type { Arrival, MailParts } from "./helpers/resend-emulator.ts";
import type { PostOptions } from "./helpers/resend-wire.ts";

type Told = Awaited<ReturnType<typeof toldSession>>;
interface Cast {
	ann: MailPerson;
	told: Told;
	/** Another user, with a session of their own. */
	bob: MailPerson;
	bobs: Told;
	good: MailParts;
}
type Attack = (cast: Cast) => { mail: string | MailParts; arrival?: Arrival };

const raw = ({ from, to, subject, text }: MailParts, ...more: string[]) =>
	[`From: ${from}`, ...more, `To: ${to}`, `Subject: ${subject}`, "Message-ID: <1@gmail.com>", "", text ?? ""].join(
		"\r\n",
	);

const attacks: Record<string, Attack> = {
	"from an address of nobody's": ({ good }) => ({ mail: { ...good, from: "Ann Example <mallory@gmail.com>" } }),
	"with the person's address as its name": ({ good, ann }) => ({
		mail: { ...good, from: `"${ann.address}" <mallory@gmail.com>` },
	}),
	"with the person's address as its name, unquoted": ({ good, ann }) => ({
		mail: { ...good, from: `${ann.address} <mallory@gmail.com>` },
	}),
	"with the person's mailbox in its name": ({ good, ann }) => ({
		mail: { ...good, from: `"Ann <${ann.address}>" <mallory@gmail.com>` },
	}),
	"with the person's address as its beginning": ({ good, ann }) => ({
		mail: { ...good, from: `${ann.address}.evil.example` },
	}),
	"with the person's address as its end": ({ good, ann }) => ({ mail: { ...good, from: `x${ann.address}` } }),
	"from two mailboxes": ({ good, ann }) => ({ mail: { ...good, from: `${ann.address}, mallory@gmail.com` } }),
	"from two mailboxes, the person's last": ({ good, ann }) => ({
		mail: { ...good, from: `mallory@gmail.com, ${ann.address}` },
	}),
	"with two From headers": ({ good }) => ({ mail: raw(good, "From: mallory@evil.example") }),
	"with two From headers, the person's last": ({ good }) => ({
		mail: raw({ ...good, from: "mallory@evil.example" }, `From: ${good.from}`),
	}),
	"with the person in Sender and Reply-To only": ({ good, ann }) => ({
		mail: { ...good, from: "mallory@gmail.com", headers: { Sender: ann.address, "Reply-To": ann.address } },
	}),
	"from another user's address": ({ good, bob }) => ({ mail: { ...good, from: bob.address } }),
	"to no reply address": ({ good }) => ({ mail: { ...good, to: "hello@in.claude-notify.dev" } }),
	"with another user's token": ({ good, bobs }) => ({ mail: { ...good, to: bobs.replyTo } }),
	"with a made-up token": ({ good }) => ({ mail: { ...good, to: "r+aaaaaaaaaaaaaaaa@in.claude-notify.dev" } }),
	"with the token in the subject only": ({ good }) => ({
		mail: { ...good, to: "hello@in.claude-notify.dev", subject: String(good.to) },
	}),
	"that fails DMARC": ({ good }) => ({ mail: good, arrival: { authentication: "fail" } }),
	"that proves nothing": ({ good }) => ({ mail: good, arrival: { authentication: "none" } }),
	"about which the receiver says nothing": ({ good }) => ({ mail: good, arrival: { authentication: "absent" } }),
	"that brings its own proof": ({ good }) => ({ mail: good, arrival: { authentication: "forged" } }),
	"that brings its own proof, shown as a list": ({ good }) => ({
		mail: good,
		arrival: { authentication: "forged", repeatedHeaders: "list" },
	}),
	"whose proof is about another domain": ({ good }) => ({
		mail: good,
		arrival: {
			authentication: {
				header: "amazonses.com; dkim=pass header.i=@evil.example; dmarc=pass header.from=evil.example;",
			},
		},
	}),
	"whose proof is another server's": ({ good }) => ({
		mail: good,
		arrival: { authentication: { header: "mx.evil.example; dmarc=pass header.from=gmail.com;" } },
	}),
	"that a program wrote": ({ good }) => ({
		mail: { ...good, headers: { ...good.headers, "Auto-Submitted": "auto-replied" } },
	}),
	"that a list passed on": ({ good }) => ({
		mail: { ...good, headers: { ...good.headers, "List-Id": "<x.example>" } },
	}),
	"that bounced": ({ good }) => ({ mail: good, arrival: { envelopeFrom: "" } }),
	"that is our own": ({ good }) => ({ mail: { ...good, from: "Claude <notify@mail.claude-notify.dev>" } }),
	"from one of our reply addresses": ({ good, bobs }) => ({ mail: { ...good, from: bobs.replyTo } }),
};

describe.each(databases)("a mail of nobody's on $name", ({ open }) => {
	let database: TestDatabase;
	let mail: MailServer;
	let cast: Cast;

	beforeAll(async () => {
		database = await open();
		mail = await startMailServer(database);
		const [ann, bob] = [await mailPerson(mail), await mailPerson(mail, freshAddress("outlook.com"))];
		const [told, bobs] = [await toldSession(mail, ann), await toldSession(mail, bob)];
		cast = { ann, bob, told, bobs, good: answer(ann, told, "rm -rf /") };
	});
	afterAll(async () => {
		expect(mail.resend.violations).toEqual([]);
		await mail[Symbol.asyncDispose]();
		await database.close();
	});

	const rows = () =>
		Promise.all([
			rowCount(database.db, "inbound"),
			rowCount(database.db, "inbox"),
			rowCount(database.db, "deliveries"),
		]);

	it.each(Object.entries(attacks))("%s has no effect, no answer and no row (rows 128, 130)", async (_, attack) => {
		const before = await rows();
		const { mail: given, arrival } = attack(cast);
		expect(await mail.resend.mail(given, arrival)).toMatchObject({ status: 204, text: "" });
		expect(await rows()).toEqual(before);
		for (const session of [cast.told, cast.bobs]) expect((await poll(mail, session)).status).toBe(204);
	});

	it("is not even fetched when it was sent to nobody's reply address", async () => {
		const before = mail.resend.reads.length;
		await mail.resend.mail({ ...cast.good, to: "hello@in.claude-notify.dev" });
		expect(mail.resend.reads).toHaveLength(before);
	});

	it.each([
		["signed by somebody else", { secret: `whsec_${btoa("another secret of theirs")}` }],
		["old", { ageSeconds: 320 }],
		["from the future", { ageSeconds: -400 }],
		["changed on its way", { tampered: JSON.stringify({ type: "email.received", data: {} }) }],
		["unsigned", { headers: {} }],
		["signed with nothing", { headers: { "svix-id": "msg_1", "svix-timestamp": "1", "svix-signature": "" } }],
	])(
		"whose webhook is %s is answered with 401 and leaves no row (row 128)",
		async (_, { ageSeconds, ...signed }: PostOptions & { ageSeconds?: number }) => {
			// Counted from now: while the file was read the suite had yet to begin.
			const options = ageSeconds === undefined ? signed : { timestamp: Math.floor(Date.now() / 1000) - ageSeconds };
			const { body } = await mail.resend.mail({ ...cast.good, to: "hello@in.claude-notify.dev" });
			const before = await rows();
			const reads = mail.resend.reads.length;
			const forged = body.replaceAll("hello@in.claude-notify.dev", cast.told.replyTo);
			expect((await mail.resend.post(mail.resend.webhookUrl ?? "", forged, options)).status).toBe(401);
			expect(await rows()).toEqual(before);
			expect(mail.resend.reads).toHaveLength(reads);
		},
	);

	it("is told from the person's own, which has an effect", async () => {
		await mail.resend.mail({ ...cast.good, text: "go on" });
		expect((await poll(mail, cast.told)).messages.map(({ text }) => text)).toEqual(["go on"]);
	});
});
