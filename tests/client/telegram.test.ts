import { describe, expect, it } from "vitest";
import { startLoop } from "../helpers/loop.ts";
import { telegramPhone } from "../helpers/loop-phones.ts";
import { finishTurn, said, startMonitored } from "../helpers/monitored.ts";
import { inboxStatesOf, nothingUnderWay } from "../helpers/stored.ts";
import { until } from "../helpers/until.ts";

/** The loop over Telegram, and the phone with its chat. */
async function startTelegramLoop(options: { topics?: boolean } = {}) {
	const provider = await telegramPhone(options);
	const loop = await startLoop({ phone: provider });
	await loop.pair();
	return { loop, phone: provider.phone };
}

const seen = (loop: Awaited<ReturnType<typeof startTelegramLoop>>["loop"], count: number) =>
	until(
		async () => (await inboxStatesOf(loop.database.db)).filter((state) => state === "seen").length === count,
		10_000,
		async () => `the inbox is ${await inboxStatesOf(loop.database.db)}`,
	);

/** The word alone: other texts of the client hold it too. */
const goesOn = ({ newText }: { newText: string }) => /^\W*continue\W*$/m.test(newText);

describe("a session and its person on Telegram", () => {
	it("pairs by the bot's link, tells of the turn's end, and a button wakes the idle session (rows 99, 101, 121)", async () => {
		const { loop, phone } = await startTelegramLoop();
		await using _ = loop;
		await using tui = await startMonitored(loop, "migrate billing");
		await finishTurn(loop, tui);
		const done = await phone.message(/Completed successfully!/);
		expect(done.text).toContain('Claude: "migrate billing"');
		const shown = await phone.person.press(done.messageId, "Continue");
		expect(shown?.text).toMatch(/Sent to Claude/);
		const request = await loop.model.waitForRequest(goesOn);
		expect(request.context).toMatch(/Ann/);
		await phone.waitFor(/Claude has read your reply/);
		expect(loop.model.requests.filter(goesOn)).toHaveLength(1);
		expect(await inboxStatesOf(loop.database.db)).toEqual(["seen"]);
		expect(loop.violations).toEqual([]);
	});

	it("answers two sessions over one bot by answering their messages (rows 67, 129)", async () => {
		const { loop, phone } = await startTelegramLoop();
		await using _ = loop;
		const cwd = await loop.home.addProject("web");
		await using api = await startMonitored(loop, "api");
		await using web = await startMonitored(loop, "web", { cwd });
		await finishTurn(loop, api, /"api"[\s\S]*Completed/);
		await finishTurn(loop, web, /"web"[\s\S]*Completed/);
		const aboutApi = await phone.message(/"api"[\s\S]*Completed/);
		const aboutWeb = await phone.message(/"web"[\s\S]*Completed/);
		// No person is as quick as this test: the server has not noted yet which message that was.
		await nothingUnderWay(loop.database.db);
		await phone.person.send("deploy it", { replyTo: aboutWeb.messageId });
		await phone.person.send("restart it", { replyTo: aboutApi.messageId });
		const toWeb = await loop.model.waitForRequest(said("deploy it"));
		const toApi = await loop.model.waitForRequest(said("restart it"));
		expect(toWeb.sessionId).toBe(await web.sessionId());
		expect(toApi.sessionId).toBe(await api.sessionId());
		await seen(loop, 2);
		expect(loop.violations).toEqual([]);
	});

	it("gives each session a topic of its own, and what is written there goes to it (row 129)", async () => {
		const { loop, phone } = await startTelegramLoop({ topics: true });
		await using _ = loop;
		const cwd = await loop.home.addProject("web");
		await using api = await startMonitored(loop, "api");
		await using web = await startMonitored(loop, "web", { cwd });
		await finishTurn(loop, api, /"api"[\s\S]*Completed/);
		await finishTurn(loop, web, /"web"[\s\S]*Completed/);
		const [apiTopic, webTopic] = await Promise.all(
			[/"api"[\s\S]*Completed/, /"web"[\s\S]*Completed/].map(async (told) => (await phone.message(told)).threadId),
		);
		if (apiTopic === undefined || webTopic === undefined) throw new Error("a message stands in no topic");
		expect(apiTopic).not.toBe(webTopic);
		await phone.person.send("deploy it", { thread: webTopic });
		await phone.person.send("restart it", { thread: apiTopic });
		const toWeb = await loop.model.waitForRequest(said("deploy it"));
		const toApi = await loop.model.waitForRequest(said("restart it"));
		expect(toWeb.sessionId).toBe(await web.sessionId());
		expect(toApi.sessionId).toBe(await api.sessionId());
		await seen(loop, 2);
		expect(loop.violations).toEqual([]);
	});

	it("is asked which of two sessions is meant, and one button settles it (row 129)", async () => {
		const { loop, phone } = await startTelegramLoop();
		await using _ = loop;
		const cwd = await loop.home.addProject("web");
		await using api = await startMonitored(loop, "api");
		await using web = await startMonitored(loop, "web", { cwd });
		await phone.reply("run the tests");
		const asked = await phone.message(/Which session\?/);
		const button = asked.buttons.flat().findIndex(({ text }) => text.includes("web"));
		await phone.person.press(asked.messageId, button);
		const request = await loop.model.waitForRequest(said("run the tests"));
		expect(request.sessionId).toBe(await web.sessionId());
		expect(await api.sessionId()).not.toBe(request.sessionId);
		await seen(loop, 1);
	});
});
