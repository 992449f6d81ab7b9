import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inboxPage } from "../src/contract/inbox.ts";
import { sessionStarted } from "../src/contract/sessions.ts";
import type { Headers } from "./helpers/channels-world.ts";
import { type Cli, openCli } from "./helpers/cli.ts";
import { type CliWorld, openCliWorld } from "./helpers/cli-world.ts";
import { startScriptedServer } from "./helpers/scripted-server.ts";

const number = "+12025550199";
let all: CliWorld;
let world: CliWorld["world"];
let cli: Cli;
/** The same user on the machine that the sessions run on. */
let headers: Headers;

beforeAll(async () => {
	all = await openCliWorld();
	({ world, cli } = all);
	await all.logIn(number);
	headers = await world.pair(number);
});

afterAll(() => all[Symbol.asyncDispose]());

async function startSession(description: string) {
	const started_at = new Date().toISOString();
	const body = { claude_session_id: `claude-${description}`, description, hostname: "laptop", cwd: "/w", started_at };
	const answer = await world.call("POST", "/v1/sessions/start", headers, body);
	const { session_id, session_token, handle } = sessionStarted.parse(answer.body);
	const read = async () => {
		const path = `/v1/sessions/${session_id}/inbox?wait=1&after=0`;
		const page = await world.call("GET", path, { authorization: `Bearer ${session_token}` });
		return inboxPage.parse(page.body).messages.map(({ text }) => text);
	};
	return { session_id, handle, read };
}

describe("send", () => {
	it("puts a text into the session that is named by its letter or id, as a reply from the phone would be", async () => {
		const session = await startSession("billing");
		const sent = await cli.run(["send", session.handle, "run", "$(touch pwned) again"]);
		expect(sent).toMatchObject({ code: 0, stdout: `On its way into (${session.handle}) "billing".\n`, stderr: "" });
		const byId = await cli.run(["send", session.session_id, "--json", "and commit"]);
		expect(JSON.parse(byId.stdout)).toMatchObject({ session_id: session.session_id, state: "queued" });
		expect(await session.read()).toEqual(["run $(touch pwned) again", "and commit"]);
	});

	it("refuses what no running session is called, an empty text, and what the ban list refuses", async () => {
		const session = await startSession("docs");
		const wrong = await cli.run(["send", "nobody", "hello"]);
		expect(wrong).toMatchObject({ code: 1, stdout: "" });
		expect(wrong.stderr).toMatch(/^No running session of yours is called nobody\. There are: .*"docs"/);
		expect(await cli.run(["send", session.handle])).toMatchObject({ code: 2, stdout: "" });
		const banned = await cli.run(["send", "--json", session.handle, "sudo reboot"]);
		expect(banned).toMatchObject({ code: 1 });
		expect(JSON.parse(banned.stdout)).toMatchObject({ error: "forbidden" });
	});

	it("tries again under the same key when the answer is lost, so that the text comes once", async () => {
		await using server = await startScriptedServer();
		await using other = await openCli(server.url, cli);
		other.pair(server.url);
		const id = "018f4e9c-0000-7000-8000-000000000001";
		const session = { session_id: id, handle: "b", description: "x", hostname: "h", status: "active" };
		const at = "2026-11-20T14:03:00.000Z";
		const sessions = [{ ...session, started_at: at, last_activity_at: at }];
		server.on("GET /status", () => ({ status: 200, body: { channels: [], sessions } }));
		const token = { mobile_reply_token: "reply", expires_in: 60 };
		server.on(`POST /sessions/${id}/reply-token`, () => ({ status: 200, body: token }));
		let tries = 0;
		server.on("POST /commands", () =>
			++tries === 1 ? { status: 502, body: "<html>" } : { status: 202, body: { id, session_id: id, state: "queued" } },
		);
		expect(await other.run(["send", "b", "hello"])).toMatchObject({ code: 0 });
		const keys = server.requests.flatMap(({ path, headers }) =>
			path === "/commands" ? [headers["idempotency-key"]] : [],
		);
		expect(keys).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys[0]]);
	});
});
