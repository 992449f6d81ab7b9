import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databases, type TestDatabase } from "./helpers/database.ts";
import {
	isOptedOut,
	type MailServer,
	mailPerson,
	report,
	startMailServer,
	toldSession,
} from "./helpers/mail-server.ts";

describe.each(databases)("the unsubscribe address of a mail on $name", ({ open }) => {
	let database: TestDatabase;
	let mail: MailServer;

	beforeAll(async () => {
		database = await open();
		mail = await startMailServer(database);
	});
	afterAll(async () => {
		await mail[Symbol.asyncDispose]();
		await database.close();
	});

	/** A person with a session, and the address in the header of its mail. */
	async function subscribed() {
		const person = await mailPerson(mail);
		const told = await toldSession(mail, person);
		const header = told.mail.headers["List-Unsubscribe"] ?? "";
		const url = new URL(/^<(https:\/\/notify\.example\.com\/unsubscribe\?token=[\w.-]+)>$/.exec(header)?.[1] ?? "");
		return { person, told, local: new URL(`${url.pathname}${url.search}`, mail.server.url) };
	}
	const headings = async (answer: Response) =>
		[...(await answer.text()).matchAll(/<h1>(.*?)<\/h1>/g)].map(([, h]) => h);

	it("works for the mail program's own button (RFC 8058), and nothing more comes (row 105)", async () => {
		const { person, told, local } = await subscribed();
		expect(told.mail.headers["List-Unsubscribe-Post"]).toBe("List-Unsubscribe=One-Click");
		const clicked = await fetch(local, {
			method: "POST",
			body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }),
			redirect: "manual",
		});
		expect([clicked.status, clicked.headers.get("set-cookie")]).toEqual([200, null]);
		expect(await isOptedOut(mail, person)).toBe(true);
		const before = mail.resend.sent.length;
		await report(mail, told, "error");
		await mail.resend.settled();
		expect(mail.resend.sent.slice(before)).toEqual([]);
	});

	it("takes the same as multipart, and without a body, from anywhere", async () => {
		const form = new FormData();
		form.set("List-Unsubscribe", "One-Click");
		for (const body of [form, null]) {
			const { person, local } = await subscribed();
			const headers = { origin: "https://mail.google.com" };
			expect((await fetch(local, { method: "POST", body, headers })).status).toBe(200);
			expect(await isOptedOut(mail, person)).toBe(true);
		}
	});

	it("shows a page with one button to whoever follows it, and does nothing yet", async () => {
		const { person, local } = await subscribed();
		const page = await fetch(local);
		expect(page.status).toBe(200);
		expect(page.headers.get("cache-control")).toBe("no-store");
		expect(page.headers.get("referrer-policy")).toBe("no-referrer");
		const html = await page.text();
		expect(html.match(/<button/g)).toHaveLength(1);
		expect(html).not.toContain(person.address);
		await fetch(local, { method: "HEAD" });
		expect(await isOptedOut(mail, person)).toBe(false);
		const action = /<form method="post" action="([^"]+)">/.exec(html)?.[1] ?? "";
		const pressed = await fetch(new URL(action, mail.server.url), { method: "POST", body: new URLSearchParams() });
		expect(await headings(pressed)).toEqual(["The messages are off"]);
		expect(await isOptedOut(mail, person)).toBe(true);
	});

	it("does nothing for a token that is none, and looks the same", async () => {
		const { person, local } = await subscribed();
		const other = await subscribed();
		const good = local.searchParams.get("token") ?? "";
		const [id = "", mac = ""] = good.split(".");
		const [, foreign = ""] = (other.local.searchParams.get("token") ?? "").split(".");
		const flipped = `${mac.slice(0, -2)}${mac.at(-2) === "A" ? "B" : "A"}${mac.slice(-1)}`;
		const bad = [
			"",
			"x",
			id,
			`${id}.`,
			`.${mac}`,
			`${id}.${foreign}`,
			`${id}.${flipped}`,
			`${id}'--.${mac}`,
			`${good}x`,
		];
		for (const token of bad) {
			const url = new URL(`/unsubscribe?${new URLSearchParams({ token })}`, mail.server.url);
			expect(await headings(await fetch(url)), token).toEqual(["Stop these messages?"]);
			const posted = await fetch(url, { method: "POST" });
			expect([posted.status, await headings(posted)], token).toEqual([200, ["The messages are off"]]);
		}
		expect(await isOptedOut(mail, person)).toBe(false);
		expect(mail.logged.join("")).not.toContain(mac);
	});

	it("switches off one address only, and pairing it again switches it on", async () => {
		const [one, two] = [await subscribed(), await subscribed()];
		await fetch(one.local, { method: "POST" });
		await fetch(one.local, { method: "POST" });
		expect([await isOptedOut(mail, one.person), await isOptedOut(mail, two.person)]).toEqual([true, false]);
		await mailPerson(mail, one.person.address);
		expect(await isOptedOut(mail, one.person)).toBe(false);
	});
});
