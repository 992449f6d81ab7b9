import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inbound, inbox } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addSession, addUser, report } from "./helpers/fixture.ts";
import { answer, mailPerson, startMailServer, toldSession } from "./helpers/mail-server.ts";
import { pairedPerson, startReplyServer, startSession } from "./helpers/reply-server.ts";
import { pairByLink, startTelegramServer } from "./helpers/telegram-reply-server.ts";
import { until } from "./helpers/until.ts";
import { NtfyEmulator } from "./rows/ntfy.ts";

type Status = Promise<number>;

/** One person's message by a provider, and what somebody without its secret makes of that. */
interface Wire extends AsyncDisposable {
	sessionId: string;
	good(): Status;
	/** The very request that was good, once more. */
	replayed(): Status;
	forged: Record<string, () => Status>;
	/** Good once, more than five minutes ago; only where the signature has a time. */
	stale: Record<string, () => Status>;
}

const wires: Record<string, (database: TestDatabase) => Promise<Wire>> = {
	async Twilio(database) {
		const server = await startReplyServer(database);
		const person = await pairedPerson(server);
		const { id: sessionId } = await startSession(server, person);
		const sid = `SM${"5".repeat(32)}`;
		const url = server.twilio.inboundUrl ?? "";
		const unsigned = async (headers: Record<string, string>) => {
			const body = new URLSearchParams({ MessageSid: `SM${"6".repeat(32)}`, From: person.number, Body: "forged" });
			return (await fetch(url, { method: "POST", headers, body })).status;
		};
		return {
			sessionId,
			good: async () => (await server.twilio.reply(person.number, "go", sid)).status,
			replayed: async () => (await server.twilio.reply(person.number, "go", sid)).status,
			forged: {
				unsigned: () => unsigned({}),
				"signed by somebody else": () => unsigned({ "x-twilio-signature": "L/OH5YylLD5NRKLltdqwSvS0BnU=" }),
			},
			stale: {},
			[Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
		};
	},
	async Telegram(database) {
		const rig = await startTelegramServer({ database, mode: "webhook" });
		const ann = rig.telegram.person();
		const { headers } = await pairByLink(rig, ann);
		const { id: sessionId } = await startSession(rig, { headers });
		const update = (update_id: number, text: string) => ({
			update_id,
			message: {
				message_id: 100_000 + update_id,
				date: 1,
				chat: { id: ann.id, type: "private", first_name: "Ann" },
				from: ann.user,
				text,
			},
		});
		const first = update(rig.telegram.nextUpdateId(), "go");
		const forged = (secret: string | null) => async () =>
			(await rig.telegram.deliver(update(rig.telegram.nextUpdateId(), "forged"), { secret })).status;
		return {
			sessionId,
			good: async () => (await rig.telegram.deliver(first)).status,
			replayed: async () => (await rig.telegram.deliver(first)).status,
			forged: { "without the secret": forged(null), "with another secret": forged("x".repeat(43)) },
			stale: {},
			[Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
		};
	},
	async Resend(database) {
		const mail = await startMailServer(database);
		const { resend } = mail;
		const person = await mailPerson(mail);
		const told = await toldSession(mail, person);
		const url = resend.webhookUrl ?? "";
		let first: Awaited<ReturnType<typeof resend.mail>> | undefined;
		const again = async (options: Parameters<typeof resend.post>[2]) =>
			(await resend.post(url, first?.body ?? "", options)).status;
		const seconds = () => Math.floor(Date.now() / 1000);
		return {
			sessionId: told.id,
			async good() {
				first = await resend.mail(answer(person, told, "go"));
				return first.status;
			},
			replayed: () => again({ id: first?.id ?? "" }),
			forged: {
				unsigned: () => again({ headers: {} }),
				"signed by somebody else": () => again({ secret: `whsec_${btoa("another secret of theirs")}` }),
				"changed on its way": () => again({ tampered: JSON.stringify({ type: "email.received", data: {} }) }),
			},
			stale: {
				"six minutes old": () => again({ timestamp: seconds() - 360 }),
				"six minutes early": () => again({ timestamp: seconds() + 360 }),
			},
			[Symbol.asyncDispose]: () => mail[Symbol.asyncDispose](),
		};
	},
	async ntfy(database) {
		const ntfy = await new NtfyEmulator().listen();
		const server = await startReplyServer(database, { env: ntfy.variables });
		const { deps } = server.server;
		const session = await addSession(deps, await addUser(deps, ["ntfy"]));
		await acceptEvent(deps, session, report("done", { message: "All tests pass." }));
		const told = () => ntfy.messages.length > 0;
		await until(told, 10_000, () => "no message came");
		const signed = JSON.parse(ntfy.messages[0]?.actions[0]?.body ?? "");
		const press = (more: object) => () => ntfy.press("Continue", JSON.stringify({ ...signed, ...more }));
		return {
			sessionId: session.id,
			good: press({}),
			replayed: press({}),
			forged: { "without a signature": press({ signature: "" }), "for another text": press({ reply: "forged" }) },
			stale: {},
			async [Symbol.asyncDispose]() {
				await server[Symbol.asyncDispose]();
				await ntfy[Symbol.asyncDispose]();
			},
		};
	},
};

const table = Object.entries(wires).flatMap(([provider, openWire]) =>
	databases.map(({ name, open }) => ({ provider, openWire, name, open })),
);

describe.each(table)("a webhook of $provider on $name", ({ openWire, open }) => {
	let database: TestDatabase;
	let wire: Wire;

	beforeAll(async () => {
		database = await open();
		wire = await openWire(database);
		expect([200, 204]).toContain(await wire.good());
	});
	afterAll(async () => {
		await wire[Symbol.asyncDispose]();
		await database.close();
	});

	const effects = async () => [
		await database.db.$count(inbox, eq(inbox.sessionId, wire.sessionId)),
		await database.db.$count(inbound),
	];

	it("has its effect once: the very same request again is taken and changes nothing (row 50)", async () => {
		const before = await effects();
		expect(before[0]).toBe(1);
		for (let times = 0; times < 3; times++) expect([200, 204]).toContain(await wire.replayed());
		expect(await effects()).toEqual(before);
	});

	it("that nobody signed, or somebody else, is refused with 401 and leaves no row (row 50)", async () => {
		const before = await effects();
		for (const [how, forge] of Object.entries(wire.forged)) expect(await forge(), how).toBe(401);
		expect(await effects()).toEqual(before);
	});

	it("more than five minutes old is refused with 401, where the provider signs the time (row 50)", async () => {
		const before = await effects();
		for (const [how, send] of Object.entries(wire.stale)) expect(await send(), how).toBe(401);
		expect(await effects()).toEqual(before);
	});
});
