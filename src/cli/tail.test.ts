import { expect, it } from "vitest";
import { Tail } from "./tail.ts";

function tailOf(...chunks: (string | Buffer)[]): Tail {
	const tail = new Tail();
	for (const chunk of chunks) tail.push(Buffer.from(chunk));
	return tail;
}

it("keeps the last 10,240 bytes, cut where a character begins, also one that came in two chunks (rows 93, W21)", () => {
	const text = tailOf("é".repeat(5_500)).text();
	expect(Buffer.byteLength(text)).toBe(10_240);
	expect(text).toMatch(/^é+$/);
	expect(tailOf(`${"a"}${"é".repeat(5_120)}b`).text()).toBe(`${"é".repeat(5_119)}b`);
	const euro = Buffer.from("€");
	expect(tailOf(euro.subarray(0, 2), euro.subarray(2)).text()).toBe("€");
});

it("counts everything and keeps little of it (row W17)", () => {
	const tail = new Tail();
	const line = Buffer.from(`${"x".repeat(99)}\n`);
	for (let n = 0; n < 50_000; n++) tail.push(line);
	tail.push(Buffer.from("END\n"));
	expect(tail.bytes).toBe(5_000_004);
	expect(tail.text().endsWith("x\nEND\n")).toBe(true);
	expect(Buffer.byteLength(tail.text())).toBe(10_240);
	expect(tailOf(Buffer.alloc(300_000, "y")).text()).toBe("y".repeat(10_240));
});

it("shows what a person saw: no escape sequences, and of a progress bar its last state (row W22)", () => {
	expect(tailOf("\u001b[31mred\u001b[0m \u001b]8;;https://x\u0007link\u001b]8;;\u0007\n").text()).toBe("red link\n");
	expect(tailOf("10%\r50%\r100%\ndone\r\n").text()).toBe("100%\ndone\n");
	expect(tailOf("a\u0000b\u202ec\u0008d").text()).toBe("abcd");
});

it("masks secrets (row W23)", () => {
	expect(tailOf(`AKIA${"A".repeat(16)} ghp_${"b".repeat(36)} --password hunter22\n`).text()).toBe(
		"AKIA*** ghp_*** --password ***\n",
	);
});
