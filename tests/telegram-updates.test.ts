import { asc } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveries, devices, identities, inbox, sessions, users } from "../server/db/schema.ts";
import { replyToken } from "../server/domain/reply-token.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addSession } from "./helpers/fixture.ts";
import { rowCount } from "./helpers/reply-world.ts";
import { startTelegramServer, type TelegramServer } from "./helpers/telegram-reply-server.ts";

const people = 40;
const group = { id: -1002100000777, type: "supergroup", title: "Builders" };

interface Bound {
	id: number;
	/** Where they write: their private chat, or the group. */
	chat: object;
	sessions: [b: BoundSession, d: BoundSession];
}
interface BoundSession {
	id: string;
	handle: string;
	/** Stands in their buttons. */
	token: string;
}
interface Made {
	update: Record<string, unknown>;
	/** What it puts into an inbox: `<session> <text>`. */
	effect?: string;
}

describe.each(databases)("a thousand updates on $name", ({ open }) => {
	let database: TestDatabase;
	let rig: TelegramServer;
	beforeAll(async () => {
		database = await open();
		rig = await startTelegramServer({ database, mode: "webhook" });
	});
	afterAll(async () => {
		await rig[Symbol.asyncDispose]();
		await database.close();
	});

	/** Every fourth is bound in the group. */
	async function bind(n: number): Promise<Bound> {
		const { deps } = rig.server;
		const id = 6_900_000_000 + n;
		const inGroup = n % 4 === 0;
		const address = inGroup ? `${group.id}/${id}` : String(id);
		const userId = deps.id();
		const identityId = deps.id();
		const { db } = database;
		await db.insert(users).values({ id: userId });
		await db.insert(devices).values({ id: userId, userId, name: "laptop", fingerprintHash: "none" });
		const sealed = { addressSealed: deps.vault.seal(address), addressMac: deps.vault.mac("address", address) };
		await db.insert(identities).values({ id: identityId, userId, channel: "telegram", label: `p${n}`, ...sealed });
		const user = { userId, deviceId: userId, identityIds: [identityId], addresses: [address] };
		const start = async (handle: string) => {
			const session = await addSession(deps, user, { handle });
			return { id: session.id, handle, token: replyToken(deps, identityId, session.id) };
		};
		return { id, chat: inGroup ? group : privateChat(id), sessions: [await start("b"), await start("d")] };
	}

	it("have an effect only where a bound person wrote them, and each once (rows 128, 129, 130)", {
		timeout: 240_000,
	}, async () => {
		const bound: Bound[] = [];
		for (let n = 0; n < people; n++) bound.push(await bind(n));
		const traffic = new Traffic(Number(rig.telegram.token.split(":")[0]), () => rig.telegram.nextUpdateId());
		for (const [n, each] of bound.entries()) {
			traffic.wordsOf(each);
			traffic.noiseAround(each, bound[(n + 1) % people] ?? each);
		}
		const { made } = traffic;
		expect(made.length).toBeGreaterThanOrEqual(1000);
		await inParallel(shuffled(made), 12, async ({ update }) => {
			expect((await rig.telegram.deliver(update)).status).toBe(204);
		});
		const rows = await database.db.select().from(inbox).orderBy(asc(inbox.sessionId), asc(inbox.text));
		const effects = rows.map(({ sessionId, text }) => `${sessionId} ${text}`).sort();
		const wanted = [...new Set(made.flatMap(({ effect }) => effect ?? []))].sort();
		expect(wanted).toHaveLength(people * 9);
		expect(effects).toEqual(wanted);
		expect(await rowCount(database.db, "inbound")).toBe(wanted.length);
		expect(await database.db.$count(deliveries)).toBe(0);
		expect(await database.db.$count(sessions)).toBe(people * 2);
		expect((await database.db.select().from(identities)).filter(({ optedOutAt }) => optedOutAt !== null)).toEqual([]);
		expect(rig.logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
	});
});

const privateChat = (id: number) => ({ id, type: "private", first_name: "P" });
const person = (id: number) => ({ id, is_bot: false, first_name: "P" });

/** What one of the bound people and those around them send; `next` is another bound person. */
class Traffic {
	readonly made: Made[] = [];
	readonly #bot: object;
	readonly #nextId: () => number;

	constructor(botId: number, nextId: () => number) {
		this.#bot = { id: botId, is_bot: true, first_name: "Claude" };
		this.#nextId = nextId;
	}

	#add(type: string, payload: object, effect?: string): Made {
		const made = {
			update: { update_id: this.#nextId(), [type]: payload },
			...(effect === undefined ? {} : { effect }),
		};
		this.made.push(made);
		return made;
	}

	/** A message that answers one of ours, as a group asks for. */
	#message(from: object, chat: object, text: string, more: object = {}): object {
		const ours = { message_id: 50, date: 1, chat, from: this.#bot };
		return { message_id: 200, date: 1, from, chat, text, reply_to_message: ours, ...more };
	}

	/** Eight messages, two of them brought three times, and one button that is tapped twice. */
	wordsOf({ id, chat, sessions: [b, d] }: Bound): void {
		for (let step = 0; step < 8; step++) {
			const { id: session, handle } = step % 2 === 0 ? b : d;
			const message = this.#message(person(id), chat, `${handle} step ${step}`);
			const made = this.#add("message", message, `${session} step ${step}`);
			if (step < 2) this.made.push(made, made);
		}
		for (let tap = 0; tap < 2; tap++) {
			this.#add("callback_query", press(`${id}${tap}`, id, chat, b.token), `${b.id} continue`);
		}
	}

	noiseAround({ id, chat, sessions: [b, d] }: Bound, next: Bound): void {
		const stranger = person(id - 1_000_000_000);
		const theirChat = privateChat(stranger.id);
		const own = person(id);
		this.#add("message", this.#message(stranger, theirChat, "b hello"));
		this.#add("message", this.#message(stranger, group, "b hello"));
		this.#add("message", this.#message(stranger, theirChat, "/stop"));
		this.#add("message", this.#message(stranger, chat, "b in the bound person's chat"));
		this.#add("message", this.#message({ ...own, is_bot: true }, chat, "b from a bot"));
		this.#add("message", this.#message(this.#bot, chat, "b from ourselves"));
		this.#add("message", this.#message(own, theirChat, "b in another person's chat"));
		this.#add("message", this.#message(own, group, "b talk in a group", { reply_to_message: undefined }));
		this.#add("message", this.#message(own, chat, "b as a channel", { sender_chat: group }));
		this.#add("edited_message", this.#message(own, chat, "b edited", { edit_date: 2 }));
		this.#add("channel_post", { message_id: 1, date: 1, chat: { ...group, type: "channel" }, text: "b post" });
		this.#add("callback_query", press(`s${id}`, stranger.id, theirChat, b.token));
		this.#add("callback_query", press(`c${id}`, stranger.id, chat, b.token));
		this.#add("callback_query", press(`f${id}`, next.id, next.chat, d.token));
		this.#add("callback_query", press(`o${id}`, id, theirChat, b.token));
	}
}

function press(id: string, from: number, chat: object, token: string): object {
	const message = { message_id: 51, date: 1, chat };
	return { id, from: person(from), chat_instance: "1", message, data: `${token}:continue` };
}

/** Another order each time would be another test each time: xorshift with a fixed seed. */
function shuffled<T>(list: T[]): T[] {
	let seed = 20_261_121;
	const random = (below: number) => {
		seed ^= seed << 13;
		seed ^= seed >>> 17;
		seed ^= seed << 5;
		return (seed >>> 0) % below;
	};
	return list
		.map((item) => ({ item, at: random(2 ** 31) }))
		.sort((a, b) => a.at - b.at)
		.map(({ item }) => item);
}

async function inParallel<T>(list: T[], workers: number, work: (item: T) => Promise<void>): Promise<void> {
	const queue = [...list];
	const run = async () => {
		for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
	};
	await Promise.all(Array.from({ length: workers }, run));
}
