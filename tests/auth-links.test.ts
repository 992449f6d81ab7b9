import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { rowsOf } from "../server/db/client.ts";
import { takeReceived } from "../server/domain/take-received.ts";
import { tokens } from "../src/contract/auth.ts";
import { type AuthServer, startAuthServer } from "./helpers/auth-server.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { challengeOf, codeIn, exchangeBody, post, secret, wrongCode } from "./helpers/login.ts";

const callbackUri = "http://127.0.0.1:49152/cb";

describe.each(databases)("the login page of a channel that is opened by a link, on $name", ({ open }) => {
	let database: TestDatabase;
	let server: AuthServer;

	beforeAll(async () => {
		database = await open();
		server = await startAuthServer({ database });
	});
	afterAll(async () => {
		await server[Symbol.asyncDispose]();
		await database.close();
	});

	const submit = (path: string, fields: Record<string, string>) =>
		fetch(new URL(path, server.url), {
			method: "POST",
			headers: { origin: server.url.origin },
			body: new URLSearchParams(fields),
			redirect: "manual",
		});
	const linkIn = (html: string) =>
		/href="([^"]*\/dev\/phone\/open[^"]*)"/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? "";
	const codeTo = (address: string) => codeIn(phone().findLast((each) => each.address === address)?.text ?? "");
	const phone = () => server.deps.phone?.messages ?? [];
	const confirm = (tempToken: string, code: string) => submit("/login/confirm", { temp_token: tempToken, code });

	async function begin() {
		const verifier = secret();
		const answer = await submit("/login/send", {
			callback_uri: callbackUri,
			state: "a-state-of-enough-length",
			code_challenge: challengeOf(verifier),
			code_challenge_method: "S256",
			channel: "telegram",
			consent: "yes",
		});
		const html = await answer.text();
		const tempToken = /name="temp_token" value="([^"]+)"/.exec(html)?.[1] ?? "";
		const link = linkIn(html);
		return { answer, html, tempToken, verifier, link, token: new URL(link).searchParams.get("token") ?? "" };
	}

	const openAs = (token: string, address: string) =>
		takeReceived(server.deps, [
			{ kind: "pairing", opened: { channel: "telegram", token, address, label: `chat ${address}` } },
		]);

	async function stored() {
		const latest = sql`select row_to_json(p)::text as row, tries, sends from pairings p order by created_at desc limit 1`;
		const [row] = await rowsOf(database.db, z.object({ row: z.string(), tries: z.int(), sends: z.int() }), latest);
		if (row === undefined) throw new Error("there is no pairing");
		return row;
	}

	it("shows link and QR code without a script or a style of its own, and no field for an address (row 101)", async () => {
		const { answer, html, link, tempToken } = await begin();
		expect(answer.status).toBe(200);
		expect(answer.headers.get("content-security-policy")).toMatch(/default-src 'none'; style-src 'nonce-/);
		expect(html).toMatch(/<svg [^>]*viewBox="0 0 \d+ \d+"/);
		expect(html).not.toMatch(/<script|\sstyle=|\son\w+=|name="address/i);
		expect(link).not.toContain(tempToken);
	});

	it("counts no code before the link was opened, at the page and at the exchange, and shows the same link again", async () => {
		const { tempToken, verifier, link } = await begin();
		for (let n = 0; n < 6; n++) {
			const early = await confirm(tempToken, "123456");
			expect(early.status).toBe(422);
			const html = await early.text();
			expect(html).toContain("Open the link first");
			expect(linkIn(html)).toBe(link);
		}
		const begun = { tempToken, verifier, number: "", code: "123456" };
		expect(await post(server.url, "/auth/exchange", exchangeBody(begun))).toMatchObject({
			status: 401,
			body: { details: { reason: "unopened" }, message: "Open the link first: the code comes there." },
		});
		expect((await stored()).tries).toBe(0);
		expect((await submit("/login/resend", { temp_token: tempToken })).status).toBe(422);
	});

	it("pairs with the code that came to whoever opened it, and goes back to the listener", async () => {
		const { tempToken, verifier, token } = await begin();
		await openAs(token, "1001");
		const code = codeTo("1001");
		const wrong = await confirm(tempToken, wrongCode(code));
		expect([wrong.status, await wrong.text()]).toEqual([422, expect.stringContaining("You have 4 tries left.")]);
		const right = await confirm(tempToken, code);
		expect([right.status, right.headers.get("location")]).toEqual([303, expect.stringContaining(callbackUri)]);
		const begun = { tempToken, verifier, number: "", code };
		const answer = await post(server.url, "/auth/exchange", exchangeBody(begun, { pairing_code: undefined }));
		expect(tokens.parse(answer.body)).toMatchObject({ channel: "telegram", address_masked: "chat 1001" });
	});

	it("belongs to the first who opens it; a second person gets no code", async () => {
		const { token } = await begin();
		await openAs(token, "1002");
		await openAs(token, "1003");
		expect(phone().filter(({ address }) => address === "1003")).toEqual([]);
		const two = await begin();
		await Promise.all([openAs(two.token, "1004"), openAs(two.token, "1005")]);
		expect(phone().filter(({ address }) => address === "1004" || address === "1005")).toHaveLength(1);
	});

	it("brings a new code when it is opened again, three times in all, and the ones before are dead", async () => {
		const { tempToken, token } = await begin();
		for (let n = 0; n < 5; n++) await openAs(token, "1006");
		const texts = phone().filter(({ address }) => address === "1006");
		expect(texts).toHaveLength(3);
		expect((await stored()).sends).toBe(3);
		const first = codeIn(texts[0]?.text ?? "");
		if (first !== codeTo("1006")) expect((await confirm(tempToken, first)).status).toBe(422);
		expect((await confirm(tempToken, codeTo("1006"))).status).toBe(303);
	});

	it("is dead after ten minutes, opened or not", async () => {
		const [unopened, opened] = [await begin(), await begin()];
		await openAs(opened.token, "1007");
		await travel(database.db, "601 seconds");
		await openAs(unopened.token, "1008");
		expect(phone().filter(({ address }) => address === "1008")).toEqual([]);
		expect((await confirm(unopened.tempToken, "123456")).status).toBe(410);
		expect((await confirm(opened.tempToken, codeTo("1007"))).status).toBe(410);
	});

	it("keeps link, token and address out of its database and its log", async () => {
		const { tempToken, token } = await begin();
		await openAs(token, "100000009");
		const { row } = await stored();
		for (const hidden of [token, tempToken, '"100000009"']) expect(row).not.toContain(hidden);
		const log = server.logged.join("");
		for (const hidden of [token, tempToken]) expect(log).not.toContain(hidden);
	});

	it("takes a token that somebody made up for nothing", async () => {
		const before = phone().length;
		for (const token of ["x", secret(), ""]) await openAs(token, "1010");
		expect(phone().length).toBe(before);
	});
});
