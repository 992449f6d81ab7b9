import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEnv } from "../server/env.ts";
import { type RunningServer, startServer } from "../server/start.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { exchangeBody, loginBody, post, secret } from "./helpers/login.ts";
import { rawRequest } from "./helpers/raw-request.ts";
import { simulatorOf } from "./helpers/simulator.ts";

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

describe("the phone simulator with chats and mails", () => {
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

	const form = (path: string, fields: Record<string, string>) =>
		rawRequest(url(), {
			method: "POST",
			path,
			headers: { origin: url().origin, "content-type": "application/x-www-form-urlencoded" },
			body: new URLSearchParams(fields).toString(),
		});
	const shown = (fields: { text: string; channel: string; address: string }) =>
		server.deps.phone?.show({
			direction: "to_phone",
			...fields,
			actions: [{ label: "Continue <b>", reply: "continue" }],
			replyToken: "abcdefgh234567ab",
		});

	it("says which channel a thread is, and shows a message's buttons as buttons", async () => {
		shown({ channel: "telegram", address: "4711", text: "all done" });
		const html = await page("?with=telegram:4711");
		expect(html).toContain("Telegram to 4711");
		expect(html).toMatch(/<form class="actions" method="post" action="\/dev\/phone\/send">/);
		expect(html).toMatch(/<button type="submit" name="text" value="continue">Continue &lt;b&gt;<\/button>/);
		expect(html).toContain('name="token" value="abcdefgh234567ab"');
		shown({ channel: "email", address: "ada@example.com", text: "all done" });
		expect(await page("?with=email:ada@example.com")).toContain("E-mail to ada@example.com");
	});

	it("has nowhere to type where the app has buttons alone", async () => {
		shown({ channel: "ntfy", address: "claude-Xk3vQ9mT2p", text: "all done" });
		const html = await page("?with=ntfy:claude-Xk3vQ9mT2p");
		expect(html).toContain("nowhere to type");
		expect(html).toMatch(/<form class="composer"[^>]* hidden/);
	});

	it("pairs by the link that /notify-setup telegram prints, once", async () => {
		const verifier = secret();
		const { address: _, ...asked } = loginBody("", verifier);
		const begun = await post(url(), "/v1/login", { ...asked, channel: "telegram" });
		const link = new URL(String(begun.body["link"]));
		expect(link.origin + link.pathname).toBe(`${url().origin}/dev/phone/open`);
		expect(await (await fetch(link)).text()).toContain("Start");
		const fields = Object.fromEntries(link.searchParams);
		const opened = await form("/dev/phone/open", fields);
		expect([opened.status, opened.headers.location]).toEqual([303, expect.stringContaining("with=telegram")]);
		const code = /\d{6}/.exec(textsTo("123456789").at(-1) ?? "")?.[0] ?? "";
		const exchanged = exchangeBody({ tempToken: String(begun.body["temp_token"]), verifier, number: "", code });
		const login = await post(url(), "/v1/auth/exchange", exchanged);
		expect(login).toMatchObject({ status: 200, body: { channel: "telegram", address_masked: "chat (…6789)" } });
		const late = await form("/dev/phone/open", fields);
		expect(await (await fetch(new URL(late.headers.location ?? "", url()))).text()).toContain("no good any more");
		await send({ channel: "telegram", address: "123456789", text: "/stop" });
		expect(textsTo("123456789").at(-1)).toBe("Messages are off. /start turns them on again.");
		await send({ channel: "telegram", address: "123456789", text: "/START" });
		expect(textsTo("123456789").at(-1)).toBe("Messages are on. /stop turns them off.");
	});

	it("opens no chat of a channel that has no links, is not there, or with a token that is none", async () => {
		for (const fields of [
			{ channel: "sms", token: "abc" },
			{ channel: "pigeon", token: "abc" },
			{ channel: "telegram", token: "<script>" },
			{ channel: "telegram", token: "" },
		]) {
			expect([400, 404]).toContain((await form("/dev/phone/open", fields)).status);
			expect([400, 404]).toContain(
				(await fetch(new URL(`/dev/phone/open?${new URLSearchParams(fields)}`, url()))).status,
			);
		}
		const foreign = await rawRequest(url(), {
			method: "POST",
			path: "/dev/phone/open",
			headers: { origin: "http://evil.example", "content-type": "application/x-www-form-urlencoded" },
			body: "channel=telegram&token=abc",
		});
		expect(foreign.status).toBe(403);
	});

	it("takes what a button brings only in the form that it has", async () => {
		const token = "aaaaaaaaaaaaaaaa";
		const answer = await send({ address: "+12025550104", text: "continue", token, seq: "1" });
		expect(answer.status).toBe(200);
		expect((await send({ address: "+12025550104", text: "x", token: "../../etc" })).status).toBe(400);
		expect((await send({ address: "+12025550104", text: "x", seq: "-1" })).status).toBe(400);
	});
});
