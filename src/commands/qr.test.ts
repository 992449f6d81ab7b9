import QRCode from "qrcode";
import { describe, expect, it } from "vitest";
import { qrText } from "./qr.ts";

const link = `https://t.me/claude_notify_bot?start=${"aZ09_-xY".repeat(4)}`;
const margin = 4;

/** Both squares of a character cell: whether light is drawn in its upper and in its lower half. */
const cells: ReadonlyMap<string, readonly [boolean, boolean]> = new Map([
	["█", [true, true]],
	["▀", [true, false]],
	["▄", [false, true]],
	[" ", [false, false]],
]);

/** What a camera sees on a dark terminal: rows of "is it dark?", with the border. */
function seen(text: string): boolean[][] {
	return text.split("\n").flatMap((line) => {
		const halves = [...line].map((character) => {
			const cell = cells.get(character);
			if (cell === undefined) throw new Error(`${JSON.stringify(character)} is no half block`);
			return cell;
		});
		return [halves.map(([upper]) => !upper), halves.map(([, lower]) => !lower)];
	});
}

describe("a QR code in the terminal", () => {
	it.each([link, "https://t.me/b?start=x", `https://t.me/${"n".repeat(32)}?start=${"t".repeat(64)}`])(
		"has every square of %s, with a light border of four (row 46)",
		(text) => {
			const { size, data } = QRCode.create(text, { errorCorrectionLevel: "L" }).modules;
			const rows = seen(qrText(text));
			const inner = rows.slice(margin, margin + size).map((row) => row.slice(margin, margin + size));
			expect(inner.flat()).toEqual(Array.from(data, Boolean));
			expect(inner.flat()).toContain(true);
			const border = rows.flatMap((row, y) =>
				row.filter((_, x) => y < margin || x < margin || y >= margin + size || x >= margin + size),
			);
			expect(border.filter(Boolean)).toEqual([]);
			expect(rows.length).toBeGreaterThanOrEqual(size + 2 * margin);
		},
	);

	it("fits into 80 columns, and no line begins or ends with a space that a terminal would cut", () => {
		const lines = qrText(link).split("\n");
		expect(new Set(lines.map((line) => line.length)).size).toBe(1);
		expect(lines[0]?.length).toBeLessThanOrEqual(60);
		for (const line of lines) expect(line).toBe(line.trim());
	});
});
