import fc from "fast-check";
import { SegmentedMessage } from "sms-segments-calculator";
import { describe, expect, it } from "vitest";
import { foreignShare, septets, toGsm7 } from "./gsm7.ts";

const encodingOf = (text: string) => new SegmentedMessage(text).encodingName;

describe("GSM 03.38", () => {
	it("has the very alphabet by which Twilio's own calculator counts", () => {
		for (let unit = 1; unit < 0xd800; unit++) {
			const character = String.fromCharCode(unit);
			expect([unit, septets(character) !== undefined]).toEqual([unit, encodingOf(character) === "GSM-7"]);
		}
	});

	it("counts the extension table double, as the calculator does", () => {
		for (const text of ["plain", "a[b]c", "{}|^~\\€", "£ and ø\n"]) {
			expect(septets(text)).toBe(new SegmentedMessage(text).numberOfCharacters);
		}
		expect(septets("a`b")).toBeUndefined();
	});

	it.each([
		["backticks and curly quotes", "run `npm test` – “it’s fine”…", "run 'npm test' - \"it's fine\"..."],
		["em dashes and tabs", "build\t— done", "build - done"],
		["arrows", "a → b ⇒ c ← d", "a -> b => c <- d"],
		["box drawing", "┌──┬──┐\n│ a│ b│", "+--+--+\n| a| b|"],
		["a long rule", "────────────\ntitle\n============", "---\ntitle\n==="],
		["check marks that carry meaning", "✓ lint ✗ types ✅ unit ❌ e2e", "ok lint x types ok unit x e2e"],
		["emoji without meaning, and the space that they leave", "🎉 All done 🚀!", "All done!"],
		["joined and flagged emoji", "team 👩‍👩‍👧‍👦 from 🇩🇪 says 👍🏽 hi", "team from says hi"],
		["accents that the alphabet lacks", "Łódź, ça va, naïve, Ağ, ñandú", "Lodz, ca va, naive, Ag, ñandu"],
		["accents in two parts", "e\u0301tude A\u030angstro\u0308m", "étude Ångström"],
		["ligatures, fractions, full width", "ﬁle ½ ＡＢ１ №5", "file 1/2 AB1 No5"],
		["comparisons and units", "x ≥ 2 ≠ 3 × 4 ± 1 µs", "x >= 2 != 3 x 4 +/- 1 us"],
		["no-break spaces", "10\u00a0000\u2009km", "10 000 km"],
		["a foreign word in an English sentence", "the 登录 page works", "the ? page works"],
	])("says %s", (_what, text, said) => {
		expect(toGsm7(text)).toBe(said);
		expect(encodingOf(said)).toBe("GSM-7");
	});

	it("tells a language that it can say from one that it cannot", () => {
		expect(foreignShare("Die Prüfung läuft, señor Łukasz")).toBe(0);
		expect(foreignShare("все тесты прошли")).toBe(1);
		expect(foreignShare("已完成 billing 模块")).toBeGreaterThan(0.3);
		expect(foreignShare("123 → ✅")).toBe(0);
	});

	it("never leaves a character behind that would double the price", () => {
		for (let unit = 1; unit < 0xd800; unit++) {
			const said = toGsm7(String.fromCharCode(unit));
			expect([unit, septets(said) !== undefined]).toEqual([unit, true]);
		}
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
				expect(septets(toGsm7(text.toWellFormed()))).toBeDefined();
			}),
		);
	});
});
