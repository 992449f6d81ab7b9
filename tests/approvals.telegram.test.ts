import { and, eq, isNotNull } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveries } from "../server/db/schema.ts";
import type { Approval } from "../src/contract/approvals.ts";
import { askPhone, readAnswerOf, sendApproval } from "./helpers/approvals-http.ts";
import { question } from "./helpers/approvals-world.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { type LiveSession, poll, startSession } from "./helpers/reply-server.ts";
import type { Person, SentMessage } from "./helpers/telegram-emulator.ts";
import { pairByLink, startTelegramServer, type TelegramServer } from "./helpers/telegram-reply-server.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("approvals on Telegram on $name", { timeout: 60_000 }, ({ open }) => {
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

	async function pairedAnn() {
		const ann = rig.telegram.person({ firstName: "Ann" });
		const { headers } = await pairByLink(rig, ann);
		return { ann, headers, session: await startSession(rig, { headers }, "api") };
	}

	const told = ({ id }: { id: number }, pattern: RegExp): Promise<SentMessage> =>
		rig.telegram.waitForMessage(({ chatId, text }) => chatId === id && pattern.test(text));

	/** Asks, and waits until the message is on the phone and its number stored. */
	async function asked(session: LiveSession, chat: { id: number }, more: Parameters<typeof askPhone>[2] = {}) {
		const summary = more.summary ?? `npm run ${Math.random().toString(36).slice(2)}`;
		const approval = await askPhone(rig, session, { ...more, summary });
		const words = more.questions?.[0]?.question ?? summary;
		const message = await rig.telegram.waitForMessage(({ chatId, text }) => chatId === chat.id && text.includes(words));
		const isStored = and(eq(deliveries.eventId, approval.id), isNotNull(deliveries.sentAt));
		await until(
			async () => (await database.db.$count(deliveries, isStored)) > 0,
			20_000,
			() => "the message was not settled",
		);
		return { approval, message };
	}
	const decisionOf = async (session: LiveSession, { id }: Approval) =>
		(await readAnswerOf(rig, session, id)).approval?.decision;
	const press = (person: Person, { messageId }: SentMessage, label: string) => person.press(messageId, label);

	it("are allowed, denied and allowed for the session by a button, which wakes the waiting call (row 133)", async () => {
		const { ann, session } = await pairedAnn();
		for (const [label, behavior, scope] of [
			["Allow", "allow", "once"],
			["Deny", "deny", "once"],
			["Allow for this session", "allow", "session"],
		] as const) {
			const { approval, message } = await asked(session, ann, { session_grant: "Bash(npm test:*)" });
			const waiting = readAnswerOf(rig, session, approval.id, { wait: 25 });
			expect(await press(ann, message, label)).toMatchObject({ text: "See the message that follows." });
			expect((await waiting).approval?.decision).toMatchObject({ behavior, scope, from: { channel: "telegram" } });
		}
		expect((await poll(rig, session)).status).toBe(204);
	});

	it("take a second press, and one after the terminal, for what it is: too late", async () => {
		const { ann, session } = await pairedAnn();
		const one = await asked(session, ann);
		await press(ann, one.message, "Deny");
		await press(ann, one.message, "Allow");
		await told(ann, /nothing was done, it was answered from a phone before/);
		expect(await decisionOf(session, one.approval)).toMatchObject({ behavior: "deny" });
		const two = await asked(session, ann);
		await sendApproval(rig, session, `/${two.approval.id}/withdraw`, { reason: "terminal", outcome: "denied" });
		await told(ann, /denied at the terminal/);
		await press(ann, two.message, "Allow");
		await told(ann, /nothing was done, it was answered at the terminal before/);
		expect(await decisionOf(session, two.approval)).toBeNull();
	});

	it("take a lone y, or a no with its reason, as answer to the very message, though others are open (row 133)", async () => {
		const { ann, headers, session } = await pairedAnn();
		await startSession(rig, { headers }, "web");
		const [one, two] = [await asked(session, ann), await asked(session, ann)];
		await ann.send("n use rg instead", { replyTo: two.message.messageId });
		expect(await decisionOf(session, two.approval)).toMatchObject({ behavior: "deny", message: "use rg instead" });
		expect(await decisionOf(session, one.approval)).toBeNull();
		await ann.send("y", { replyTo: one.message.messageId });
		expect(await decisionOf(session, one.approval)).toMatchObject({ behavior: "allow" });
	});

	it("pass prose in answer to the very message on as a reply (row 133)", async () => {
		const { ann, session } = await pairedAnn();
		const { approval, message } = await asked(session, ann);
		await ann.send("yes please, and then run the tests", { replyTo: message.messageId });
		expect((await poll(rig, session)).messages.map(({ text }) => text)).toEqual(["yes please, and then run the tests"]);
		expect(await decisionOf(session, approval)).toBeNull();
	});

	it("ask which one a lone y means, with a button for each", async () => {
		const { ann, session } = await pairedAnn();
		const [one, two] = [await asked(session, ann), await asked(session, ann)];
		await ann.send(`${session.handle} y`);
		const which = await told(ann, /Which one\?/);
		const label = which.text.split("\n")[2] ?? "";
		await press(ann, which, label.length > 40 ? `${label.slice(0, 39)}…` : label);
		expect(await decisionOf(session, one.approval)).toBeNull();
		expect(await decisionOf(session, two.approval)).toMatchObject({ behavior: "allow" });
	});

	it("ask for the code of what destroys when Allow is pressed", async () => {
		const { ann, session } = await pairedAnn();
		const { approval, message } = await asked(session, ann, { summary: `git push --force ${Date.now()}` });
		await press(ann, message, "Allow");
		await told(ann, /reply \w+ #1 y and the four digits of its message/);
		expect(await decisionOf(session, approval)).toBeNull();
		const code = /y (\d{4}) to allow/.exec(message.text)?.[1];
		await ann.send(`y ${code}`, { replyTo: message.messageId });
		expect(await decisionOf(session, approval)).toMatchObject({ behavior: "allow" });
	});

	it("have a question's options as buttons, and take other words", async () => {
		const { ann, session } = await pairedAnn();
		const colours = (asked: string) => ({
			kind: "question" as const,
			questions: [question(asked, ["Red", "Blue & green"])],
			summary: "",
		});
		const one = await asked(session, ann, colours("Which colour?"));
		await press(ann, one.message, "Blue & green");
		expect((await decisionOf(session, one.approval))?.answers).toEqual({ "Which colour?": "Blue & green" });
		const two = await asked(session, ann, colours("Which frame?"));
		await ann.send("make it teal", { replyTo: two.message.messageId });
		expect((await decisionOf(session, two.approval))?.answers).toEqual({ "Which frame?": "make it teal" });
	});

	it("ask a form question by question, each with its buttons", async () => {
		const { ann, session } = await pairedAnn();
		const questions = [question("Which database?", ["Postgres", "SQLite"]), question("Which size?", ["S", "L"])];
		const { approval, message } = await asked(session, ann, { kind: "question", questions, summary: "" });
		await press(ann, message, "SQLite");
		expect(await decisionOf(session, approval)).toBeNull();
		await press(ann, await told(ann, /question 2 of 2: Which size\?/), "L");
		expect((await decisionOf(session, approval))?.answers).toEqual({ "Which database?": "SQLite", "Which size?": "L" });
	});

	it("go ahead with a plan, or back to planning", async () => {
		const { ann, session } = await pairedAnn();
		const one = await asked(session, ann, { kind: "plan", tool_name: "ExitPlanMode", summary: "1. Move the module" });
		await press(ann, one.message, "Keep planning");
		expect(await decisionOf(session, one.approval)).toMatchObject({ behavior: "deny" });
		const two = await asked(session, ann, { kind: "plan", tool_name: "ExitPlanMode", summary: "1. Split the module" });
		await press(ann, two.message, "Go ahead");
		expect(await decisionOf(session, two.approval)).toMatchObject({ behavior: "allow" });
	});

	it("in a group are answered by the one who paired, by nobody else (row 133)", async () => {
		const ann = rig.telegram.person({ firstName: "Ann" });
		const bob = rig.telegram.person({ firstName: "Bob" });
		const group = rig.telegram.group({ title: "Builders" });
		const { headers } = await pairByLink(rig, ann, group);
		const session = await startSession(rig, { headers }, "api");
		const { approval, message } = await asked(session, group);
		await bob.press(message.messageId, "Allow", { chat: group });
		await bob.send(`${session.handle} y`, { chat: group, replyTo: message.messageId });
		expect(await decisionOf(session, approval)).toBeNull();
		await ann.press(message.messageId, "Allow", { chat: group });
		expect(await decisionOf(session, approval)).toMatchObject({ behavior: "allow" });
	});
});
