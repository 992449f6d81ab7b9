import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { poll, startSession } from "./helpers/reply-server.ts";
import { rowCount } from "./helpers/reply-world.ts";
import { pairByLink, startTelegramServer, type TelegramServer } from "./helpers/telegram-reply-server.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("Telegram's webhook on $name", ({ open }) => {
	let database: TestDatabase;
	let rig: TelegramServer;
	beforeAll(async () => {
		database = await open();
		rig = await startTelegramServer({ database, mode: "webhook" });
	});
	afterAll(async () => {
		await rig[Symbol.asyncDispose]();
		expect(rig.telegram.violations).toEqual([]);
		await database.close();
	});

	it("is registered with a secret and for what is used only, and the menu is there", async () => {
		// The menu comes after the webhook.
		const menu = () => rig.telegram.commands.get("default")?.map(({ command }) => command);
		await until(menu, 10_000, () => JSON.stringify(rig.telegram.attempts));
		const [call] = rig.telegram.attempts.filter(({ method }) => method === "setWebhook");
		expect(call?.params).toMatchObject({
			secret_token: expect.stringMatching(/^[\w-]{43}$/),
			allowed_updates: ["message", "callback_query", "my_chat_member"],
			max_connections: 20,
		});
		expect(menu()).toEqual(["start", "stop", "help"]);
		expect(rig.logged.join("")).not.toContain(String(call?.params["secret_token"]));
	});

	it.each([
		["another secret", { secret: "x".repeat(43) }],
		["an empty secret", { secret: "" }],
		["no secret", { secret: null }],
	])("refuses what comes with %s, and keeps no row of it (row 128)", async (_, forged) => {
		const ann = rig.telegram.person();
		const { headers } = await pairByLink(rig, ann);
		const session = await startSession(rig, { headers });
		const chat = { id: ann.id, type: "private", first_name: "Ann" };
		const before = await rowCount(database.db, "inbound");
		const updates = [
			{ message: { message_id: 900, date: 1, chat, from: ann.user, text: "forged" } },
			{
				callback_query: {
					id: "1",
					from: ann.user,
					chat_instance: "1",
					data: ":b",
					message: { message_id: 1, date: 1, chat },
				},
			},
			{ message: { message_id: 901, date: 1, chat, from: ann.user, text: "/stop" } },
		];
		for (const update of updates) {
			const answer = await rig.telegram.deliver({ update_id: rig.telegram.nextUpdateId(), ...update }, forged);
			expect(answer.status).toBe(401);
		}
		expect(await rowCount(database.db, "inbound")).toBe(before);
		expect((await poll(rig, session)).messages).toEqual([]);
	});

	it.each(["", "null", "[]", "{", '{"update_id":1e99}', '{"update_id":1,"message":{"text":"x"}}', '"\u0000"'])(
		"takes %j from Telegram without a word, so that it does not come again",
		async (body) => {
			expect(await rig.telegram.deliver({}, { body })).toMatchObject({ status: 204, text: "" });
		},
	);

	it("answers with no method for Telegram to call", async () => {
		const ann = rig.telegram.person();
		await pairByLink(rig, ann);
		const { answers } = await ann.send("hello");
		expect(answers).toMatchObject([{ status: 204, text: "" }]);
	});

	it("has the update again after a failure of the server's, and takes it once", async () => {
		const ann = rig.telegram.person();
		const { headers } = await pairByLink(rig, ann);
		const session = await startSession(rig, { headers });
		const { updateId } = await ann.send("only once");
		const update = rig.telegram.updates.find(({ update_id }) => update_id === updateId);
		for (let times = 0; times < 3; times++) expect((await rig.telegram.deliver(update)).status).toBe(204);
		expect((await poll(rig, session)).messages).toHaveLength(1);
	});
});

describe("Telegram's webhook of a server whose operator chose the secret", () => {
	it("is registered with that one, and taken under /v1 too", async () => {
		const database = await databases[0].open();
		const secret = "chosen-by-the-operator";
		const rig = await startTelegramServer({ database, mode: "webhook", env: { TELEGRAM_WEBHOOK_SECRET: secret } });
		expect(rig.telegram.webhook).toMatchObject({ secret_token: secret });
		for (const path of ["/webhooks/telegram", "/v1/webhooks/telegram"]) {
			const headers = { "content-type": "application/json", "x-telegram-bot-api-secret-token": secret };
			const answer = await fetch(new URL(path, rig.server.url), { method: "POST", headers, body: "{}" });
			expect(answer.status).toBe(204);
		}
		await rig[Symbol.asyncDispose]();
		await database.close();
	});
});
