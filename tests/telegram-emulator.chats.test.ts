import { Api, GrammyError } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Person, startTelegramEmulator, type TelegramEmulator } from "./helpers/telegram-emulator.ts";
import { judge } from "./helpers/telegram-fields.ts";

let emulator: TelegramEmulator;
let api: Api;
let ann: Person;

beforeEach(async () => {
	emulator = await startTelegramEmulator({ record: false });
	api = new Api(emulator.token, { apiRoot: emulator.baseUrl, timeoutSeconds: 5 });
	ann = emulator.person({ firstName: "Ann", username: "ann" });
});
afterEach(async () => {
	await emulator[Symbol.asyncDispose]();
	expect(emulator.violations).toEqual([]);
	for (const update of emulator.updates) expect(judge(update, "Update")).toEqual([]);
});

const outcome = (call: Promise<unknown>) =>
	call.then(
		() => "taken",
		(error) => (error instanceof GrammyError ? `${error.error_code} ${error.description}` : String(error)),
	);
const send = (chatId: number | string, more = {}) => outcome(api.sendMessage(chatId, "x", more));
/** The last update, as getUpdates brings it. */
const lastUpdate = async () => (await api.getUpdates({ offset: -1 }))[0];

describe("Telegram emulator, private chats", () => {
	it("lets a bot write only to a person who pressed Start", async () => {
		expect(await send(ann.id)).toBe("403 Forbidden: bot can't initiate conversation with a user");
		expect(await send(424242)).toBe("400 Bad Request: chat not found");
		expect(await send("@ann")).toBe("400 Bad Request: chat not found");
		await ann.start();
		expect(await send(ann.id)).toBe("taken");
		expect(await send(String(ann.id))).toBe("taken");
	});

	it("brings /start with the payload of the link, marked as a command", async () => {
		const { messageId } = await ann.start("Pair_me-1");
		expect(await lastUpdate()).toMatchObject({
			message: {
				message_id: messageId,
				text: "/start Pair_me-1",
				entities: [{ type: "bot_command", offset: 0, length: 6 }],
				from: { id: ann.id, first_name: "Ann", username: "ann", is_bot: false },
				chat: { id: ann.id, type: "private" },
			},
		});
		expect(ann.id).toBeGreaterThan(2 ** 32);
		await expect(ann.start("no spaces")).rejects.toThrow("no payload of a link");
	});

	it("refuses after a block until the person starts again, and tells both", async () => {
		await ann.start();
		await ann.block();
		expect(await send(ann.id)).toBe("403 Forbidden: bot was blocked by the user");
		expect((await lastUpdate())?.my_chat_member).toMatchObject({
			old_chat_member: { status: "member" },
			new_chat_member: { status: "kicked", user: { username: "claude_notify_bot" } },
		});
		expect(() => ann.send("hello")).toThrow("blocked");
		await ann.start();
		expect(await send(ann.id)).toBe("taken");
		expect(emulator.updates.map((update) => Object.keys(update)[1])).toEqual([
			"message",
			"my_chat_member",
			"my_chat_member",
			"message",
		]);
		ann.deactivate();
		expect(await send(ann.id)).toBe("403 Forbidden: user is deactivated");
	});

	it("counts messages in each chat for itself, and updates over all", async () => {
		const bob = emulator.person();
		const started = [await ann.start(), await bob.start(), await ann.send("hi")];
		expect(started.map(({ messageId }) => messageId)).toEqual([1, 1, 2]);
		const ids = started.map(({ updateId }) => Number(updateId));
		expect(ids).toEqual([...ids].sort((a, b) => a - b));
		expect(new Set(ids).size).toBe(3);
		expect((await api.sendMessage(bob.id, "x")).message_id).toBe(2);
	});

	it("has topics only where the bot has forum topic mode", async () => {
		await ann.start();
		expect(await outcome(api.createForumTopic(ann.id, "api"))).toBe("400 Bad Request: the chat is not a forum");
		expect(await send(ann.id, { message_thread_id: 5 })).toBe("400 Bad Request: message thread not found");
	});
});

describe("Telegram emulator, a bot with topics in private chats", () => {
	it("says so, opens topics and takes messages in them, and refuses an unknown one", async () => {
		await using own = await startTelegramEmulator({ record: false, topicsInPrivateChats: true });
		const bot = new Api(own.token, { apiRoot: own.baseUrl, timeoutSeconds: 5 });
		expect((await bot.getMe()).has_topics_enabled).toBe(true);
		const bob = own.person();
		await bob.start();
		const topic = await bot.createForumTopic(bob.id, "api: billing");
		expect(judge(topic, "ForumTopic")).toEqual([]);
		const thread = topic.message_thread_id;
		const sent = await bot.sendMessage(bob.id, "done", { message_thread_id: thread });
		expect(sent).toMatchObject({ message_thread_id: thread, is_topic_message: true });
		expect(sent).not.toHaveProperty("reply_to_message");
		const { message } = await bob.send("go on", { thread });
		expect(message).toMatchObject({ message_thread_id: thread, is_topic_message: true });
		const opened = await bob.openTopic("mine");
		expect(opened.message).toMatchObject({
			forum_topic_created: { name: "mine" },
			message_thread_id: opened.messageId,
		});
		await expect(bot.sendMessage(bob.id, "x", { message_thread_id: 99 })).rejects.toThrow("message thread not found");
		await expect(bot.createForumTopic(bob.id, " ")).rejects.toThrow("name must be non-empty");
		await expect(bot.createForumTopic(bob.id, "x".repeat(129))).rejects.toThrow("cut after 128");
		expect(own.violations.splice(0)).toHaveLength(1);
	});
});

describe("Telegram emulator, groups", () => {
	it("shows a bot without rights only commands, answers to itself and who comes and goes", async () => {
		const group = emulator.group();
		expect(group.id).toBeLessThan(0);
		await group.join(ann);
		const plain = await ann.send("just talking", { chat: group });
		expect(plain.updateId).toBeUndefined();
		const { message_id } = await api.sendMessage(group.id, "done");
		const seen = [
			await ann.send("go on", { chat: group, replyTo: message_id }),
			await ann.send("/status", { chat: group.id }),
			await ann.send("/status@claude_notify_bot", { chat: group }),
			await group.leave(ann),
		];
		expect(seen.every(({ updateId }) => updateId !== undefined)).toBe(true);
		expect(seen[0]?.message.reply_to_message?.text).toBe("done");
		expect((await ann.send("/status@other_bot", { chat: group })).updateId).toBeUndefined();
		const open = emulator.group({ admin: true });
		expect((await ann.send("just talking", { chat: open })).updateId).toBeDefined();
	});

	it("refuses in a group that became a supergroup and says where it went", async () => {
		const group = emulator.group();
		const old = group.id;
		const id = await group.migrate(ann);
		expect(group.id).toBe(id);
		expect(String(id)).toMatch(/^-100\d{10}$/);
		const error = await api.sendMessage(old, "x").catch((refused) => refused);
		expect(error).toMatchObject({
			error_code: 400,
			description: "Bad Request: group chat was upgraded to a supergroup chat",
			parameters: { migrate_to_chat_id: id },
		});
		expect(await send(id)).toBe("taken");
		expect(emulator.updates).toMatchObject([
			{ message: { chat: { id: old, type: "group" }, migrate_to_chat_id: id } },
			{ message: { chat: { id, type: "supergroup" }, migrate_from_chat_id: old } },
		]);
		expect(() => ann.send("x", { chat: old })).toThrow("went on as");
	});

	it("refuses after the bot was thrown out, until it is back", async () => {
		for (const group of [emulator.group(), emulator.group({ forum: true })]) {
			await group.kick(ann);
			expect(await send(group.id)).toMatch(/^403 Forbidden: bot was kicked from the (super)?group chat$/);
			expect((await ann.send("/status", { chat: group })).updateId).toBeUndefined();
			await group.addBot(ann);
			expect(await send(group.id)).toBe("taken");
		}
	});

	it("gives a forum topics, whose messages answer the message that opened the topic", async () => {
		const forum = emulator.group({ forum: true });
		const { message_thread_id: thread } = await api.createForumTopic(forum.id, "api");
		const sent = await api.sendMessage(forum.id, "done", { message_thread_id: thread });
		expect(sent).toMatchObject({ chat: { is_forum: true }, message_thread_id: thread, is_topic_message: true });
		expect(sent.reply_to_message).toMatchObject({ message_id: thread, forum_topic_created: { name: "api" } });
		const said = await ann.send("go on", { chat: forum, thread });
		expect(said.message.reply_to_message?.message_id).toBe(thread);
		const answered = await ann.send("go on", { chat: forum, thread, replyTo: sent.message_id });
		expect(answered.message.reply_to_message).toMatchObject({ message_id: sent.message_id, text: "done" });
		expect(answered.message.reply_to_message).not.toHaveProperty("reply_to_message");
		expect(emulator.sentTo(forum.id)).toMatchObject([{ threadId: thread }]);
		for (const unknown of [1, 4711]) {
			expect(await send(forum.id, { message_thread_id: unknown })).toBe("400 Bad Request: message thread not found");
		}
		forum.deleteTopic(thread);
		expect(await send(forum.id, { message_thread_id: thread })).toBe("400 Bad Request: message thread not found");
	});

	it("lets only an administrator open topics, and ignores a thread in a group without topics", async () => {
		const forum = emulator.group({ forum: true, admin: false });
		const refused = "400 Bad Request: not enough rights to create a topic";
		expect(await outcome(api.createForumTopic(forum.id, "api"))).toBe(refused);
		const plain = emulator.group();
		expect(await outcome(api.createForumTopic(plain.id, "api"))).toBe("400 Bad Request: the chat is not a forum");
		expect(await send(plain.id, { message_thread_id: 7 })).toBe("taken");
		expect(emulator.sentTo(plain.id)).toMatchObject([{ threadId: undefined }]);
	});
});

describe("Telegram emulator, floods", () => {
	it("refuses as long as it said, one chat or everything, and counts who came too early", async () => {
		const bob = emulator.person();
		await ann.start();
		await bob.start();
		const began = Date.now();
		emulator.flood(0.2, ann.id);
		const error = await api.sendMessage(ann.id, "x").catch((refused) => refused);
		expect(error).toMatchObject({
			error_code: 429,
			description: "Too Many Requests: retry after 1",
			parameters: { retry_after: 1 },
		});
		expect(await send(bob.id)).toBe("taken");
		expect(await send(ann.id)).toMatch(/^429/);
		expect(emulator.floodHits).toBe(2);
		await expect.poll(() => send(ann.id)).toBe("taken");
		expect(Date.now() - began).toBeGreaterThanOrEqual(200);
		emulator.flood(30);
		expect(await outcome(api.getMe())).toBe("429 Too Many Requests: retry after 30");
		expect(await send(bob.id)).toMatch(/^429/);
	});
});
