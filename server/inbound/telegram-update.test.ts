import { describe, expect, it } from "vitest";
import { allowedUpdates, parseUpdate } from "./telegram-update.ts";

const bot = { id: 7000000001, username: "claude_notify_bot" };
const ann = { id: 6800000017, is_bot: false, first_name: "Ann", username: "ann" };
const annsChat = { id: ann.id, type: "private", first_name: "Ann" };
const group = { id: -1002100000013, type: "supergroup", title: "Builders" };
const token = "a2b3c4d5e6f7g2h3";
const ours = { message_id: 41, date: 1, chat: group, from: { ...bot, is_bot: true, first_name: "Claude" } };

/** What was said back, by the parsed message's own `acknowledge`. */
const said: unknown[][] = [];
const answering = {
	atButton: async (...what: unknown[]) => void said.push(["button", ...what]),
	inChat: async (...what: unknown[]) => void said.push(["chat", ...what]),
};
const parse = (update: object) => parseUpdate({ update_id: 5, ...update }, bot, answering);
const message = (fields: object) =>
	parse({ message: { message_id: 42, date: 1, from: ann, chat: annsChat, ...fields } });
const inGroup = (fields: object) => message({ chat: group, ...fields });
const press = (fields: object) => {
	const pressed = { message_id: 41, date: 1, chat: annsChat };
	return parse({
		callback_query: { id: "q1", from: ann, chat_instance: "1", message: pressed, data: `${token}:continue`, ...fields },
	});
};
const standing = (status: string, fields: object = {}) =>
	parse({
		my_chat_member: {
			chat: annsChat,
			from: ann,
			date: 1,
			old_chat_member: { status: "member", user: bot },
			new_chat_member: { status, user: bot },
			...fields,
		},
	});

const base = { provider: "telegram", channel: "telegram", providerEventId: `update:${bot.id}:5`, sender: "6800000017" };
const groupSender = "-1002100000013/6800000017";

describe("a message to the bot", () => {
	it("in a private chat is its person's word", () => {
		expect(message({ text: "b go on" })).toEqual({ kind: "message", message: { ...base, text: "b go on" } });
	});

	it.each([
		["an answer to a message", { reply_to_message: ours }, { message: "41", thread: undefined }],
		[
			"one in a topic",
			{ message_thread_id: 30, is_topic_message: true, reply_to_message: { ...ours, message_id: 30 } },
			{ message: undefined, thread: "30" },
		],
		[
			"an answer in a topic",
			{ message_thread_id: 30, is_topic_message: true, reply_to_message: ours },
			{ message: "41", thread: "30" },
		],
		["a thread that is no topic", { message_thread_id: 30, reply_to_message: ours }, { message: "41" }],
	])("points where it points: %s (row 129)", (_, fields, pointer) => {
		expect(message({ text: "go on", ...fields })).toMatchObject({ message: { pointer } });
	});

	it("takes a picture's caption for its text", () => {
		expect(message({ photo: [], caption: "like this" })).toMatchObject({ message: { text: "like this" } });
	});

	it.each(["voice", "video_note", "photo", "document", "sticker"])("says that a %s is no text", async (kind) => {
		const received = message({ [kind]: {} });
		expect(received).toMatchObject({ kind: "message", message: { text: "" } });
		said.length = 0;
		if (received?.kind === "message") await received.message.acknowledge?.("There was nothing to send.");
		expect(said).toEqual([["chat", ann.id, undefined, expect.stringContaining("Only text")]]);
	});

	it.each([
		["a bot's", { from: { ...ann, is_bot: true }, text: "x" }],
		["our own", { from: { ...bot, is_bot: true, first_name: "C" }, text: "x" }],
		["nobody's", { from: undefined, text: "x" }],
		["a group's own (anonymous administrator)", { chat: group, sender_chat: group, reply_to_message: ours, text: "x" }],
		["one by way of an inline bot", { via_bot: { ...bot, is_bot: true }, text: "x" }],
		["one in a chat of somebody else", { chat: { ...annsChat, id: 1 }, text: "x" }],
		["a channel's", { chat: { ...group, type: "channel" }, text: "x" }],
		["a service message", { new_chat_title: "New" }],
		["a group's voice message", { chat: group, reply_to_message: ours, voice: {} }],
		["text that is none", { text: 5 }],
	])("is nobody's word when it is %s (row 130)", (_, fields) => {
		expect(message(fields)).toBeUndefined();
	});

	it.each([
		["edited_message", { message_id: 1, date: 1, from: ann, chat: annsChat, text: "x" }],
		["channel_post", { message_id: 1, date: 1, chat: { ...group, type: "channel" }, text: "x" }],
		["inline_query", { id: "1", from: ann, query: "x", offset: "" }],
		["business_message", { message_id: 1, date: 1, from: ann, chat: annsChat, text: "x" }],
	])("is not taken from %s (row 130)", (kind, payload) => {
		expect(allowedUpdates).not.toContain(kind);
		expect(parse({ [kind]: payload })).toBeUndefined();
	});

	it.each([null, 5, "x", [], {}, { update_id: "5" }, { update_id: 5 }, { update_id: 5, message: null }])(
		"is not there in %j",
		(raw) => {
			expect(parseUpdate(raw, bot, answering)).toBeUndefined();
		},
	);
});

describe("a message in a group", () => {
	it("is for us when it answers the bot (row 102)", () => {
		const received = inGroup({ text: "go on", reply_to_message: ours });
		expect(received).toMatchObject({ message: { sender: groupSender, text: "go on", pointer: { message: "41" } } });
		expect(received).not.toHaveProperty("message.pointerRequired");
	});

	it("needs a topic of ours when it answers nobody of ours (row 102)", () => {
		const topic = { message_thread_id: 30, is_topic_message: true };
		const required = { message: { sender: groupSender, pointerRequired: true, pointer: { thread: "30" } } };
		expect(inGroup({ text: "lunch?", ...topic })).toMatchObject(required);
		const toBob = { ...ours, from: { ...ann, id: 3 } };
		expect(inGroup({ text: "yes", ...topic, reply_to_message: toBob })).toMatchObject(required);
	});

	it("is people's talk otherwise (row 102)", () => {
		expect(inGroup({ text: "b run the tests" })).toBeUndefined();
		expect(inGroup({ text: "sure", reply_to_message: { ...ours, from: { ...ann, id: 3 } } })).toBeUndefined();
	});
});

describe("a command", () => {
	it.each([
		["/start", "start"],
		["/stop", "stop"],
		["/help", "help"],
		["/STOP", "stop"],
		["/stop@Claude_Notify_Bot", "stop"],
		["/stop please", "stop"],
		["/start not a token!", "start"],
	])("%s is the word %s, and is answered in its chat", async (text, keyword) => {
		const received = message({ text, message_thread_id: 30, is_topic_message: true });
		expect(received).toMatchObject({ kind: "message", message: { ...base, keyword } });
		said.length = 0;
		if (received?.kind === "message") await received.message.acknowledge?.("Messages are on.");
		expect(said).toEqual([["chat", ann.id, 30, "Messages are on."]]);
	});

	it.each(["/stop@other_bot", "/start@other_bot abc"])("%s is another bot's", (text) => {
		expect(inGroup({ text, reply_to_message: ours })).toBeUndefined();
	});

	it.each(["/review", "/stopped", "stop", "please /stop", "//stop"])("%s is none, but text", (text) => {
		const received = message({ text });
		expect(received).toMatchObject({ message: { text } });
		expect(received).not.toHaveProperty("message.keyword");
	});

	it("with a pairing's token opens the pairing, in a private chat and in a group (row 101)", () => {
		const opened = { channel: "telegram", token: "Abc_-123" };
		expect(message({ text: "/start Abc_-123" })).toEqual({
			kind: "pairing",
			opened: { ...opened, address: "6800000017", label: "Ann (…0017)" },
		});
		expect(inGroup({ text: "/start@claude_notify_bot Abc_-123" })).toEqual({
			kind: "pairing",
			opened: { ...opened, address: groupSender, label: "Ann in Builders (…0013)" },
		});
	});
});

describe("a pressed button", () => {
	it("is its words, for the session of its token only, and counts once (rows 128, 129)", async () => {
		const received = press({});
		expect(received).toMatchObject({
			kind: "message",
			message: {
				...base,
				providerEventId: `button:${bot.id}:6800000017:41:${token}:continue`,
				text: "continue",
				pointer: { token, message: "41" },
				tokenRequired: true,
			},
		});
		said.length = 0;
		if (received?.kind === "message") await received.message.acknowledge?.("Sent to Claude.");
		expect(said).toEqual([["button", "q1", "Sent to Claude."]]);
	});

	it("without a token is only its words", () => {
		const received = press({ data: ":b" });
		expect(received).toMatchObject({ message: { text: "b", pointer: { token: undefined, message: "41" } } });
		expect(received).not.toHaveProperty("message.tokenRequired");
	});

	it("in a group is the word of who pressed it (row 102)", () => {
		const message = { message_id: 41, date: 0, chat: group };
		expect(press({ message, from: { ...ann, id: 99 } })).toMatchObject({ message: { sender: "-1002100000013/99" } });
	});

	it.each([
		["another program's data", { data: "vote_1" }],
		["a token of the wrong length", { data: "abc:continue" }],
		["words that are none of ours", { data: `${token}:rm -rf /` }],
		["no data (a game)", { data: undefined }],
		["an inline message", { message: undefined, inline_message_id: "1" }],
		["a bot", { from: { ...ann, is_bot: true } }],
		["another person's private chat", { from: { ...ann, id: 99 } }],
	])("is nothing to us with %s (row 128)", (_, fields) => {
		expect(press(fields)).toBeUndefined();
	});
});

describe("the bot's standing in a chat", () => {
	it.each(["kicked", "left"])("%s switches the channel off", (status) => {
		expect(standing(status)).toEqual({ kind: "message", message: { ...base, text: "", keyword: "stop" } });
		expect(standing(status, { chat: group })).toMatchObject({ message: { sender: groupSender, keyword: "stop" } });
	});

	it("says nothing when it is let in again, or is another bot's", () => {
		expect(standing("member")).toBeUndefined();
		const another = { status: "kicked", user: { ...bot, id: 3 } };
		expect(standing("kicked", { new_chat_member: another })).toBeUndefined();
	});
});
