import QRCode from "qrcode";
import { expect, it } from "vitest";
import { codeIn, startLoop } from "../helpers/loop.ts";
import { telegramPhone } from "../helpers/loop-phones.ts";
import { until } from "../helpers/until.ts";

/** Each character of the code is two squares, one above the other; what is drawn is light. */
const light: ReadonlyMap<string, readonly [boolean, boolean]> = new Map([
	["█", [true, true]],
	["▀", [true, false]],
	["▄", [false, true]],
	[" ", [false, false]],
]);

it("/notify-setup telegram shows the bot's link as a QR code that a camera can read off the terminal (rows 4, 46, 101)", async () => {
	await using loop = await startLoop({ phone: await telegramPhone() });
	await using tui = await loop.tui();
	await tui.type("/notify-setup telegram");
	const screen = await tui.waitForScreen(/Type \/notify-pair 123456/);
	const link = /https:\/\/t\.me\/\S+/.exec(screen)?.[0] ?? "";
	const lines = screen.split("\n").filter((line) => /█{4}.*█{4}/.test(line));
	// The client may indent what it shows; nothing else may come between the lines.
	const indents = new Set(lines.map((line) => line.indexOf("█")));
	expect(indents.size).toBe(1);
	const rows = lines.flatMap((line) => {
		const halves = [...line.trim()].map((character) => light.get(character) ?? [false, false]);
		return [halves.map(([upper]) => !upper), halves.map(([, lower]) => !lower)];
	});
	const { size, data } = QRCode.create(link, { errorCorrectionLevel: "L" }).modules;
	const inner = rows.slice(4, 4 + size).map((row) => row.slice(4, 4 + size));
	expect(inner.flat()).toEqual(Array.from(data, Boolean));
	expect(loop.model.requests).toEqual([]);
});

it("a second channel is added, put first, tested and taken away in the terminal, without a model request (rows 4, 46)", async () => {
	await using loop = await startLoop({ phone: await telegramPhone() });
	await loop.pair();
	await using tui = await loop.tui();
	await tui.type("/notify-setup ada@example.com");
	await tui.waitForScreen(/on its way to a\*\*\*@example\.com by E-mail/);
	const code = await until(
		() => loop.server.deps.phone?.messages.find(({ channel }) => channel === "email")?.text,
		5000,
		() => "no code came",
	);
	await tui.type(`/notify-pair ${codeIn(code)}`);
	await tui.waitForScreen(/Paired with a\*\*\*@example\.com by E-mail/);
	await tui.type('/notify-start "migrate billing"');
	await tui.waitForScreen(/Messages go to .* by Telegram and a\*\*\*@example\.com by E-mail\./);
	await tui.type("/notify-channels first e-mail");
	await tui.waitForScreen(/1\. a\*\*\*@example\.com by E-mail \(simulated phone\)[^\n]*\n\s*2\. .* by Telegram/);
	await tui.type("/notify-test");
	await tui.waitForScreen(/Test to a\*\*\*@example\.com by E-mail: delivered[^\n]*\n\s*Test to .* by Telegram: sent/);
	await tui.type("/notify-channels remove telegram");
	await tui.waitForScreen(/Removed .* by Telegram/);
	await tui.type("/notify-status");
	await tui.waitForScreen(/To: a\*\*\*@example\.com by E-mail \(simulated phone\); last message delivered/);
	await tui.type("/notify-channels remove 1");
	await tui.waitForScreen(/This is your only channel/);
	expect(loop.model.requests).toEqual([]);
});
