import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AskingSession, askingSession, bash } from "../helpers/asking-session.ts";
import { hold, type Reply, text, toolUse } from "../helpers/mock-model.ts";
import { until } from "../helpers/until.ts";

let s: AskingSession;

beforeAll(async () => {
	s = await askingSession({ phone: "twilio" });
});

afterAll(() => s[Symbol.asyncDispose]());

const dialog = /❯ 1\. Yes/;
const agent = (prompt: string) => toolUse("Agent", { description: "helper", prompt, subagent_type: "general-purpose" });

/** Types a prompt after which Claude calls these tools, the last of which starts the agent; then `agentCalls` is to be called. */
async function start(agentPrompt: string, ...tools: Reply[]): Promise<{ agentCalls(tool: Reply): Promise<void> }> {
	const { model } = s.loop;
	const held = [hold(), hold()];
	const before = model.requests.length + tools.length;
	model.next(...tools, ...held);
	await s.tui.type("start it");
	return {
		// Claude's own next request and the agent's first come in any order.
		async agentCalls(tool) {
			await until(
				() => model.requests.length >= before + 2,
				20_000,
				async () => `the agent never began:\n${await s.tui.screen()}`,
			);
			const isAgents = (at: number) => model.requests[before + at]?.userText.includes(agentPrompt) === true;
			held.map((reply, at) => reply.release(isAgents(at) ? tool : text("the agent works")));
		},
	};
}

describe("a background agent's permission, whose dialog waits for the phone", () => {
	it("is asked on the phone of a person who last answered from there (row 133)", async () => {
		const one = await start("agent-one", bash("mkdir first"), agent("agent-one"));
		await s.newText(/mkdir first/);
		await s.loop.phone.reply(`${s.handle} y`);
		await one.agentCalls(bash("mkdir by-agent"));
		await s.newText(/mkdir by.agent/);
		expect(await s.tui.screen()).not.toMatch(dialog);
		await s.loop.phone.reply(`${s.handle} y`);
		await until(
			() => s.made("by-agent"),
			20_000,
			() => s.tui.screen(),
		);
	});

	it("is asked at the terminal at once when somebody has just typed there, and the phone is told (row 133)", async () => {
		const two = await start("agent-two", agent("agent-two"));
		await two.agentCalls(bash("mkdir at-terminal"));
		await s.tui.waitForScreen(dialog, 20_000);
		await s.newText(/mkdir at.terminal/);
		await s.tui.answerDialog();
		await until(
			() => s.made("at-terminal"),
			20_000,
			() => s.tui.screen(),
		);
		expect(s.loop.violations).toEqual([]);
	});
});
