import { expect, it } from "vitest";
import { type Mark, Marks } from "./holder.ts";

function read(chunks: readonly string[]): { output: string; marks: Mark[] } {
	let output = "";
	const marks: Mark[] = [];
	const filter = new Marks(
		"cn-1",
		(chunk) => {
			output += chunk.toString("latin1");
		},
		(mark) => marks.push(mark),
	);
	for (const chunk of chunks) filter.push(Buffer.from(chunk, "latin1"));
	filter.end();
	return { output, marks };
}

it("takes the marks out of the output, wherever a chunk ends, and nothing else (row W20)", () => {
	const text = "a\0b\0cn-1 pid 12\0out\0cn-2 x\0\0cn-1 stopped 148\0\0cn-1 going 0\0more\0cn-1 ended 7\0late\0cn";
	const expected = {
		output: "a\0bout\0cn-2 x\0morelate\0cn",
		marks: [
			{ word: "pid", value: 12 },
			{ word: "stopped", value: 148 },
			{ word: "going", value: 0 },
			{ word: "ended", value: 7 },
		],
	};
	expect(read([text])).toEqual(expected);
	expect(read([...text])).toEqual(expected);
	for (let at = 1; at < text.length; at++) expect(read([text.slice(0, at), text.slice(at)])).toEqual(expected);
});
