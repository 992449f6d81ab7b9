import { expect, it } from "vitest";
import { logText } from "./log-text.ts";

const of = (text: string) => logText(Buffer.from(text));
const filler = (length: number) => "all is well, nothing to see\n".repeat(Math.ceil(length / 28)).slice(0, length);

it("is the whole output as a person saw it: no escape sequences, of a progress bar its last state (row W22)", () => {
	expect(of("\u001b[31mred\u001b[0m\r\n10%\r50%\r100%\n\u001b]0;title\u0007end")).toBe("red\n100%\nend");
	const long = filler(1_000_000);
	expect(of(long) === long).toBe(true);
	expect(of("")).toBe("");
});

it("has no secret in a known form, wherever in a long output it stands (row W23)", () => {
	const secret = `ghp_${"a".repeat(36)}`;
	for (const at of [0, 65_520, 65_536, 200_000]) {
		const text = of(`${filler(at)}\ntoken=${secret} done\n${filler(70_000)}`);
		expect(text).not.toContain("aaaaaaaa");
		expect(text).toContain("***");
	}
});

it("has no secret of a line without an end either, since that is cut between words (row W23)", () => {
	const secret = `ghp_${"a".repeat(36)}`;
	for (let at = 65_500; at < 65_540; at += 3) {
		const text = of(`${"word ".repeat(20_000).slice(0, at)} ${secret} ${"word ".repeat(1000)}`);
		expect(text).not.toContain("aaaaaaaa");
	}
});

it("has nothing of a private key, also of one that is longer than what is looked at at once (row W23)", () => {
	const lines = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n".repeat(6000);
	const text = of(`before\n-----BEGIN PRIVATE KEY-----\n${lines}-----END PRIVATE KEY-----\nafter\n`);
	expect(text).not.toContain("MIIE");
	expect(text).toMatch(/^before\n/);
	expect(text).toMatch(/\nafter\n$/);
});

it("takes bytes that are no text", () => {
	expect(logText(Buffer.of(0xff, 0x00, 0x41, 0x0a))).toBe("\ufffdA\n");
});
