import { get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEnv } from "../server/env.ts";
import { type RunningServer, startServer } from "../server/start.ts";
import { errorBody } from "../src/contract/errors.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { exchangeBody, loginBody, post, secret, withToken } from "./helpers/login.ts";
import { rawRequest } from "./helpers/raw-request.ts";
import { startReplyServer } from "./helpers/reply-server.ts";
import { simulatorOf } from "./helpers/simulator.ts";
import { until } from "./helpers/until.ts";

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };
const number = "+12025550100";

describe("the phone simulator", () => {
	let database: TestDatabase;
	let server: RunningServer;

	beforeAll(async () => {
		database = await databases[0].open();
		server = await startServer({ env: readEnv({ PORT: "0", DATA_DIR: database.dataDir }), database, log });
	});
	afterAll(async () => {
		await server.close();
		await database.close();
	});

	const { url, textsTo, send, page } = simulatorOf(() => server);

	/** Pairs over the API as the companion does, with the code from the simulated phone. Returns the login's headers. */
	async function pair(address: string): Promise<Record<string, string>> {
		const verifier = secret();
		const begun = await post(url(), "/v1/login", loginBody(address, verifier));
		const code = /\d{6}/.exec(textsTo(address).at(-1) ?? "")?.[0] ?? "";
		const exchanged = exchangeBody({ tempToken: String(begun.body["temp_token"]), verifier, number: address, code });
		const { body } = await post(url(), "/v1/auth/exchange", exchanged);
		return withToken(String(body["access_token"]), exchanged.device.fingerprint);
	}

	it("shows the pairing code, takes a reply into the session, and shows the receipt: the whole loop with no account", async () => {
		const headers = await pair(number);
		const started = await post(
			url(),
			"/v1/sessions/start",
			{
				claude_session_id: "s1",
				description: "migrate billing",
				hostname: "laptop",
				cwd: "/w",
				started_at: new Date().toISOString(),
			},
			headers,
		);
		const session = {
			id: started.body["session_id"],
			token: { authorization: `Bearer ${started.body["session_token"]}` },
		};
		expect((await send({ address: number, text: "run the tests" })).status).toBe(200);
		const inbox = await fetch(new URL(`/v1/sessions/${session.id}/inbox`, url()), { headers: session.token });
		const { messages } = (await inbox.json()) as { messages: { id: string; text: string }[] };
		expect(messages.map((message) => message.text)).toEqual(["run the tests"]);
		await post(
			url(),
			`/v1/sessions/${session.id}/inbox/${messages[0]?.id}/receipt`,
			{ state: "seen", via: "socket" },
			session.token,
		);
		await until(
			() => textsTo(number).some((text) => text.includes("read your reply")),
			5000,
			() => textsTo(number).join("\n"),
		);
		expect(await page(`?with=sms:${encodeURIComponent(number)}`)).toMatch(/run the tests.*read your reply/s);
	});

	it("answers STOP, START and HELP in the carrier's place", async () => {
		await pair("+12025550101");
		for (const word of ["STOP", "START", "HELP"]) await send({ address: "+12025550101", text: word });
		expect(textsTo("+12025550101").slice(-3)).toEqual([
			expect.stringContaining("unsubscribed"),
			expect.stringContaining("re-subscribed"),
			expect.stringContaining("Reply STOP to unsubscribe"),
		]);
	});

	it("says that nobody is paired with an address, with and without JavaScript", async () => {
		const answer = await send({ address: "+12025550199", text: "hello" });
		expect(JSON.parse(answer.text)).toEqual({ hint: expect.stringContaining("Nobody is paired") });
		const plain = await rawRequest(url(), {
			method: "POST",
			path: "/dev/phone/send",
			headers: { origin: url().origin, "content-type": "application/x-www-form-urlencoded", accept: "text/html" },
			body: new URLSearchParams({ address: "+12025550199", text: "hello" }).toString(),
		});
		expect(plain.status).toBe(303);
		expect(await (await fetch(new URL(plain.headers.location ?? "", url()))).text()).toContain("Nobody is paired");
	});

	it("shows text as text, whatever is in it", async () => {
		const nasty = `<img src=x onerror=alert(1)>"'&\u202e</li><script>alert(2)</script>`;
		await send({ address: "+12025550198", text: nasty });
		const html = await page("?with=sms:%2B12025550198");
		expect(html).not.toMatch(/<img|<script>alert/);
		expect(html).toContain("&lt;img src=x");
		expect(await page("?with=%3Cscript%3E&said=%3Cscript%3E")).not.toContain("<script>");
	});

	it("streams what came after the page was made, then everything new", async () => {
		server.deps.phone?.show({ direction: "to_phone", channel: "sms", address: "+12025550150", text: "before" });
		const seq = server.deps.phone?.messages.at(-1)?.seq ?? 0;
		const { promise, resolve } = Promise.withResolvers<IncomingMessage>();
		const request = get(new URL(`/dev/phone/stream?after=${seq - 1}`, url()), resolve);
		const answer = await promise;
		let text = "";
		answer.setEncoding("utf8").on("data", (chunk) => {
			text += chunk;
		});
		await until(
			() => text.includes('"text":"before"'),
			5000,
			() => text,
		);
		server.deps.phone?.show({
			direction: "to_phone",
			channel: "sms",
			address: "+12025550150",
			text: "after\n\ndata: forged",
		});
		await until(
			() => text.includes('"text":"after\\n\\ndata: forged"'),
			5000,
			() => text,
		);
		expect(answer.headers["content-type"]).toContain("text/event-stream");
		expect(text.match(/^data: \{/gm)).toHaveLength(2);
		request.destroy();
	});

	describe("against other websites", () => {
		it.each([
			"evil.example",
			"evil.example:8787",
			"127.0.0.1.evil.example",
			"localhost.evil.example",
			"10.0.0.1",
			"[::2]",
		])("answers no request for the host %j (DNS rebinding)", async (host) => {
			for (const path of ["/dev/phone", "/dev/phone/stream", "/dev/phone/app.js"]) {
				const answer = await rawRequest(url(), { method: "GET", path, headers: { host } });
				expect([400, 403], path).toContain(answer.status);
				expect(answer.text).not.toContain("Claude");
			}
			const sent = await send({ address: number, text: "rm -rf" }, { host, origin: `http://${host}` });
			expect([400, 403]).toContain(sent.status);
		});

		it.each([
			"http://evil.example",
			"https://127.0.0.1",
			"null",
			"http://127.0.0.1:1",
			"http://localhost.evil.example",
		])("takes no message from the origin %s", async (origin) => {
			const before = server.deps.phone?.messages.length;
			const answer = await send({ address: number, text: "rm -rf" }, { origin });
			expect([answer.status, errorBody.parse(JSON.parse(answer.text)).error]).toEqual([403, "forbidden"]);
			expect(server.deps.phone?.messages.length).toBe(before);
		});

		it("takes no message without an origin", async () => {
			const answer = await rawRequest(url(), {
				method: "POST",
				path: "/dev/phone/send",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({ address: number, text: "rm -rf" }),
			});
			expect(answer.status).toBe(403);
		});

		it("may not be framed, runs only its own script, and is not cached", async () => {
			const { headers } = await fetch(new URL("/dev/phone", url()));
			const policy = headers.get("content-security-policy") ?? "";
			expect(policy).toContain("default-src 'none'");
			expect(policy).toContain("script-src 'self';");
			expect(policy).toContain("frame-ancestors 'none'");
			expect(policy).not.toContain("unsafe");
			expect(headers.get("cache-control")).toBe("no-store");
			expect(headers.get("access-control-allow-origin")).toBeNull();
		});
	});

	it("does not answer in the name of a phone whose channel is real", async () => {
		const other = await databases[1].open();
		const running = await startReplyServer(other);
		const { url: real } = running.server;
		const answer = await rawRequest(real, {
			method: "POST",
			path: "/dev/phone/send",
			headers: { origin: real.origin, "content-type": "application/json" },
			body: JSON.stringify({ channel: "sms", address: number, text: "b go" }),
		});
		expect(answer.status).toBe(403);
		await running[Symbol.asyncDispose]();
		await other.close();
	});

	it.each([
		["in production", { NODE_ENV: "production" }],
		["behind a public address", { PUBLIC_URL: "https://notify.example.com" }],
	])("does not exist %s", async (_, more) => {
		const env = readEnv({ PORT: "0", DATA_DIR: database.dataDir, ...more });
		const other = await startServer({ env, database, log });
		for (const path of ["/dev/phone", "/dev/phone/stream", "/dev/phone/send"]) {
			expect((await fetch(new URL(path, other.url))).status).toBe(404);
		}
		expect([other.deps.phone, other.deps.channels.size]).toEqual([undefined, 0]);
		await other.close();
	});
});
