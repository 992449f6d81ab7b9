import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { refusal, someTokens, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { qrText } from "./qr.ts";

const login = "POST /login";
const exchange = "POST /auth/exchange";

/** The server's answer for a channel whose link is opened. */
function opensBy(link: string) {
	const channel = { channel: "telegram", channel_title: "Telegram", address_masked: null };
	return { status: 200, body: { temp_token: "t".repeat(32), expires_in: 600, ...channel, link } };
}

describe("/notify-setup with an address", () => {
	it("has a code sent to that phone and says what to type (row 46)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const answer = await rig.type("notify:setup", " sms  +1 (555) 123-4567 ");
		expect(answer).toContain("+1***8912");
		expect(answer).toContain("/notify-pair 123456");
		expect(server.bodies(login)).toEqual([
			{
				mode: "remote",
				channel: "sms",
				address: "+1(555)123-4567",
				state: expect.stringMatching(/^[\w-]{32}$/),
				code_challenge: expect.stringMatching(/^[\w-]{43}$/),
			},
		]);
		expect(rig.opened).toEqual([]);
	});

	it.each([
		["+15551234567", { address: "+15551234567" }],
		["+1 555 123-4567", { address: "+1555123-4567" }],
		["ada@example.com", { address: "ada@example.com" }],
		["123456789", { address: "123456789" }],
		["-1001234567890", { address: "-1001234567890" }],
		["telegram:123456789", { address: "telegram:123456789" }],
		["@ada", { address: "@ada" }],
		["email ada@example.com", { channel: "email", address: "ada@example.com" }],
		["Telegram", { channel: "telegram" }],
		["telegram @ada", { channel: "telegram", address: "@ada" }],
		["pigeon +1", { channel: "pigeon", address: "+1" }],
	])("%s is handed to the server, which knows its channels (row 100)", async (args, wanted) => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		await rig.type("setup", args);
		const [{ mode: _, state: __, code_challenge: ___, ...sent }] = server.bodies(login).map(Object);
		expect(sent).toEqual(wanted);
	});

	it("what the server refuses is shown with how it is written (row 47)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		server.on(login, () => refusal(400, "invalid_request", "Write the phone number with + and the country code."));
		const answer = await rig.type("setup", "sms 5551234567");
		expect(answer).toContain("Write the phone number with + and the country code.\n");
		expect(answer).toContain("/notify-setup +15551234567");
		expect(await rig.type("pair", "123456")).toBe("No pairing is waiting for a code. Run /notify-setup first.");
	});

	it("a refusal that names its own cure gets no second one (row 101)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const cure = "A bot cannot write to a @username. Run /notify-setup telegram and open the link.";
		server.on(login, () => refusal(400, "invalid_request", cure));
		expect(await rig.type("setup", "@ada")).toBe(cure);
	});

	it("for a channel whose link is opened shows the link, the same as a QR code, and what to type then (row 46)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const link = "https://t.me/claude_notify_bot?start=abcdefgh";
		server.on(login, () => opensBy(link));
		const lines = (await rig.type("setup", "telegram")).split("\n");
		expect(lines[0]).toMatch(/^Open this link on your phone and press Start in Telegram.*10 minutes/);
		expect(lines[1]).toBe(link);
		expect(lines.slice(2, -1).join("\n")).toBe(qrText(link));
		expect(lines.at(-1)).toContain("Type /notify-pair 123456");
		// Too early: the code comes once the link was opened, and the pairing waits for it.
		const early = "Open the link first: the code comes there.";
		server.on(exchange, () => refusal(401, "unauthorized", early, { reason: "unopened" }));
		expect(await rig.type("pair", "123456")).toBe(early);
		server.on(exchange, () => ({ status: 200, body: someTokens("access-1", new Date(Date.now() + 1e8)) }));
		expect(await rig.type("pair", "123456")).toContain("Paired with");
	});

	it("for a link to the simulated phone draws no QR code, which no camera could follow", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const link = "http://127.0.0.1:8787/dev/phone/open?channel=telegram&token=abc";
		server.on(login, () => opensBy(link));
		const answer = await rig.type("setup", "telegram");
		expect(answer).toContain(`simulated phone's Telegram (good for 10 minutes):\n${link}\n`);
		expect(answer).not.toContain("█");
	});

	it.each(["help", "--help", "?", "-", "…"])("%s prints the right use, without a request", async (args) => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		expect(await rig.type("setup", args)).toMatch(/^Use: \/notify-setup/);
		expect(server.requests).toEqual([]);
	});

	it("shows the server's own words when it refuses", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		server.on(login, () => refusal(429, "rate_limited", "Too many codes for this number. Try again in 40 minutes."));
		expect(await rig.type("setup", "+15551234567")).toBe("Too many codes for this number. Try again in 40 minutes.");
	});
});
