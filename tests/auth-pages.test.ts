import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AuthServer, startAuthServer } from "./helpers/auth-server.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { begin, challengeOf, codeIn, exchangeBody, freshNumber, post, secret, wrongCode } from "./helpers/login.ts";
import { startTwilioEmulator, type TwilioEmulator } from "./helpers/twilio-emulator.ts";

const asked = {
	callback_uri: "http://127.0.0.1:49152/cb",
	state: "a-state-of-enough-length",
	code_challenge: challengeOf("verifier"),
	code_challenge_method: "S256",
};

describe.each(databases)("the login pages on $name", ({ open }) => {
	let database: TestDatabase;
	let twilio: TwilioEmulator;
	let server: AuthServer;

	beforeAll(async () => {
		[database, twilio] = await Promise.all([open(), startTwilioEmulator({ callbacks: "manual" })]);
		server = await startAuthServer({ database, twilio });
	});
	afterAll(async () => {
		await server[Symbol.asyncDispose]();
		await twilio[Symbol.asyncDispose]();
		await database.close();
	});

	const show = (query: Record<string, string>) =>
		fetch(new URL(`/login?${new URLSearchParams(query)}`, server.url), { redirect: "manual" });
	const submit = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
		fetch(new URL(path, server.url), {
			method: "POST",
			headers: { origin: server.url.origin, ...headers },
			body: new URLSearchParams(fields),
			redirect: "manual",
		});
	const sendFields = (number: string) => ({ ...asked, channel: "sms", address: number, consent: "yes" });
	const tempTokenIn = (html: string) => /name="temp_token" value="([^"]+)"/.exec(html)?.[1] ?? "";
	const lastCode = (number: string) => codeIn(twilio.sent.findLast(({ to }) => to === number)?.body ?? "");

	async function beginAtPage(number = freshNumber(), verifier = secret()) {
		const answer = await submit("/login/send", { ...sendFields(number), code_challenge: challengeOf(verifier) });
		const tempToken = tempTokenIn(await answer.text());
		return { tempToken, verifier, number, code: lastCode(number) };
	}

	it("show a form for a phone number, with no script and nothing loaded (row 29)", async () => {
		const answer = await show({ ...asked, src: "claude" });
		expect(answer.status).toBe(200);
		expect(answer.headers.get("content-type")).toContain("text/html");
		const html = await answer.text();
		expect(html).toMatch(/^<!DOCTYPE html>/);
		expect(html).toMatch(/<form method="post" action="\/login\/send">/);
		expect(html).toMatch(/<input[^>]*name="address_sms"[^>]*type="tel"/);
		expect(html).not.toMatch(/<script|<iframe|\son\w+=|javascript:/i);
		const policy = answer.headers.get("content-security-policy") ?? "";
		const nonce = /style-src 'nonce-([\w-]{20,})'/.exec(policy)?.[1] ?? "none";
		expect(policy).toContain("default-src 'none'");
		expect(policy).toContain("form-action 'self';");
		expect(policy).toContain("frame-ancestors 'none'");
		expect(html).toContain(`<style nonce="${nonce}">`);
		expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
		expect(answer.headers.get("cache-control")).toBe("no-store");
		const again = (await show(asked)).headers.get("content-security-policy");
		expect(again).not.toContain(nonce);
	});

	it.each(["state", "callback_uri", "code_challenge", "code_challenge_method"])(
		"answer 400 without %s (row 29)",
		async (missing) => {
			const { [missing as keyof typeof asked]: _, ...rest } = asked;
			const answer = await show(rest);
			expect(answer.status).toBe(400);
			expect(answer.headers.get("content-type")).toContain("text/html");
			expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
		},
	);

	it.each([
		{ callback_uri: "https://evil" },
		{ callback_uri: "http://evil.example:80/cb" },
		{ callback_uri: "http://localhost:49152/cb" },
		{ callback_uri: "http://127.0.0.1/cb" },
		{ callback_uri: "http://127.0.0.1:49152@evil.example/" },
		{ code_challenge_method: "plain" },
		{ code_challenge: "short" },
		{ state: "<script>" },
	])("answer 400 to %j, at the first page and at the form (row 31)", async (change) => {
		expect((await show({ ...asked, ...change })).status).toBe(400);
		const before = twilio.sent.length;
		expect((await submit("/login/send", { ...sendFields(freshNumber()), ...change })).status).toBe(400);
		expect(twilio.sent.length).toBe(before);
	});

	it("lead back to the listener with its state once the right code came, and to nowhere else (row 36)", async () => {
		const begun = await beginAtPage();
		const early = await post(server.url, "/auth/exchange", exchangeBody(begun, { pairing_code: undefined }));
		expect(early).toMatchObject({ status: 401, body: { details: { reason: "unconfirmed" } } });
		const answer = await submit("/login/confirm", { temp_token: begun.tempToken, code: begun.code });
		expect(answer.status).toBe(303);
		const to = new URL(answer.headers.get("location") ?? "");
		expect(to.origin + to.pathname).toBe(asked.callback_uri);
		expect(Object.fromEntries(to.searchParams)).toEqual({ temp_token: begun.tempToken, state: asked.state });
		expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
		const body = exchangeBody(begun, { pairing_code: undefined });
		const thief = await post(server.url, "/auth/exchange", { ...body, code_verifier: secret() });
		expect(thief.status).toBe(401);
		expect((await post(server.url, "/auth/exchange", body)).status).toBe(200);
		expect((await post(server.url, "/auth/exchange", body)).status).toBe(401);
		const again = await submit("/login/confirm", { temp_token: begun.tempToken, code: begun.code });
		expect(again.status).toBe(410);
		expect(await again.text()).toContain("That code has been used");
	});

	it("name the listener in the policy of the code page, which is what lets the browser follow the redirect", async () => {
		const answer = await submit("/login/send", sendFields(freshNumber()));
		expect(answer.headers.get("content-security-policy")).toContain("form-action 'self' http://127.0.0.1:49152;");
	});

	it("burn a pairing after five wrong codes, also when they are typed at page and companion in turn (row 35)", async () => {
		const begun = await beginAtPage();
		const wrong = wrongCode(begun.code);
		for (let tries = 0; tries < 4; tries++) {
			if (tries % 2 === 0) {
				const answer = await submit("/login/confirm", { temp_token: begun.tempToken, code: wrong });
				expect(answer.status).toBe(422);
			} else await post(server.url, "/auth/exchange", exchangeBody(begun, { pairing_code: wrong }));
		}
		const burnt = await submit("/login/confirm", { temp_token: begun.tempToken, code: wrong });
		expect(burnt.status).toBe(410);
		expect(await burnt.text()).toContain("Too many wrong codes");
		expect((await submit("/login/confirm", { temp_token: begun.tempToken, code: begun.code })).status).toBe(410);
		expect((await submit("/login/resend", { temp_token: begun.tempToken })).status).toBe(410);
	});

	it("bring no new tries with a new code", async () => {
		const begun = await beginAtPage();
		for (let tries = 0; tries < 3; tries++) {
			await submit("/login/confirm", { temp_token: begun.tempToken, code: wrongCode(begun.code) });
		}
		expect((await submit("/login/resend", { temp_token: begun.tempToken })).status).toBe(200);
		const code = lastCode(begun.number);
		const answer = await submit("/login/confirm", { temp_token: begun.tempToken, code: wrongCode(code) });
		expect(await answer.text()).toContain("You have 1 try left.");
		expect((await submit("/login/confirm", { temp_token: begun.tempToken, code })).status).toBe(303);
	});

	it("send three codes for a pairing at most, also when asked at once", async () => {
		const begun = await beginAtPage();
		const answers = await Promise.all(
			Array.from({ length: 8 }, () => submit("/login/resend", { temp_token: begun.tempToken })),
		);
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
		expect(twilio.sent.filter(({ to }) => to === begun.number)).toHaveLength(3);
		expect((await submit("/login/resend", { temp_token: begun.tempToken })).status).toBe(429);
	});

	it("take no code after ten minutes (row 34)", async () => {
		const begun = await beginAtPage();
		await travel(database.db, "601 seconds");
		const answer = await submit("/login/confirm", { temp_token: begun.tempToken, code: begun.code });
		expect(answer.status).toBe(410);
		expect(await answer.text()).toContain("That code has expired");
	});

	it("take no code for a pairing that was begun without a page: it has nowhere to lead", async () => {
		const begun = await begin(server, twilio);
		for (const path of ["/login/confirm", "/login/resend"]) {
			expect((await submit(path, { temp_token: begun.tempToken, code: begun.code })).status).toBe(404);
		}
	});

	it("send nothing without the consent", async () => {
		const before = twilio.sent.length;
		const { consent: _, ...without } = sendFields(freshNumber());
		const answer = await submit("/login/send", without);
		expect(answer.status).toBe(400);
		expect(await answer.text()).toContain('id="consent-problem"');
		expect(twilio.sent.length).toBe(before);
	});

	it("take no form from another site, and none that does not say where it is from", async () => {
		const before = twilio.sent.length;
		const foreign: Record<string, string>[] = [
			{ origin: "https://evil.example", "sec-fetch-site": "cross-site" },
			{ origin: "null" },
			{ origin: "https://evil.example" },
			{ origin: "https://evil.example", "sec-fetch-site": "same-site" },
		];
		for (const headers of foreign) {
			expect((await submit("/login/send", sendFields(freshNumber()), headers)).status).toBe(403);
		}
		const silent = await fetch(new URL("/login/send", server.url), {
			method: "POST",
			body: new URLSearchParams(sendFields(freshNumber())),
		});
		expect(silent.status).toBe(403);
		expect(twilio.sent.length).toBe(before);
	});

	it("hold no whole number and no code, whatever happens (row 48)", async () => {
		const number = freshNumber();
		const pages = [];
		const sent = await submit("/login/send", sendFields(number));
		const tempToken = tempTokenIn(await sent.clone().text());
		pages.push(sent);
		pages.push(await submit("/login/confirm", { temp_token: tempToken, code: "12" }));
		pages.push(await submit("/login/confirm", { temp_token: tempToken, code: wrongCode(lastCode(number)) }));
		pages.push(await submit("/login/resend", { temp_token: tempToken }));
		pages.push(await submit("/login/resend", { temp_token: tempToken }));
		pages.push(await submit("/login/resend", { temp_token: tempToken }));
		pages.push(await submit("/login/send", sendFields(number)));
		expect(pages.map(({ status }) => status)).toEqual([200, 422, 422, 200, 200, 429, 429]);
		const codes = twilio.sent.filter(({ to }) => to === number).map(({ body }) => codeIn(body));
		for (const page of pages) {
			const html = await page.text();
			for (const hidden of [number, number.slice(1), number.slice(2), ...codes]) expect(html).not.toContain(hidden);
		}
		expect(server.logged.join("")).not.toContain(number.slice(1));
	});

	it("escape what came from the network", async () => {
		const answer = await submit("/login/confirm", { temp_token: `"><script>alert(1)</script>`, code: "123456" });
		expect(answer.status).toBe(400);
		expect(await answer.text()).not.toContain("<script>");
	});

	it.each([
		["multipart that is none", "multipart/form-data; boundary=x", "garbage"],
		["JSON", "application/json", "{}"],
		["a wrong type", "text/plain", "a=b"],
		["nothing", "application/x-www-form-urlencoded", ""],
		["a field twice", "application/x-www-form-urlencoded", "temp_token=a&temp_token=b&code=1"],
		["broken percent signs", "application/x-www-form-urlencoded", "temp_token=%ff%zz&code=%"],
		["__proto__", "application/x-www-form-urlencoded", "__proto__[x]=1&__proto__=2"],
		["NUL", "application/x-www-form-urlencoded", `temp_token=${"a".repeat(43)}&code=%00`],
	])("answer 4xx to %s", async (_, contentType, body) => {
		for (const path of ["/login/send", "/login/confirm", "/login/resend"]) {
			const answer = await fetch(new URL(path, server.url), {
				method: "POST",
				headers: { "content-type": contentType, origin: server.url.origin },
				body,
			});
			expect(answer.status).toBeGreaterThanOrEqual(400);
			expect(answer.status).toBeLessThan(500);
			expect(answer.headers.get("content-type")).toContain("text/html");
		}
	});
});
