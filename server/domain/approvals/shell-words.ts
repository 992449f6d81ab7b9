/** One simple command of a shell line: its words, and what feeds it. */
export interface SimpleCommand {
	words: string[];
	/** The command before it in the same pipe. */
	pipedFrom: SimpleCommand | undefined;
}

/** What a shell runs when it is given it as a text: `sh -c "…"`, `ssh host "…"`, `eval "…"`. */
const runners =
	/^(?:(?:ba|z|da|k|fi)?sh|eval|ssh|su|watch|powershell|pwsh|cmd|timeout|script|docker|podman|kubectl|wsl)(?:\.exe)?$/i;
const deepest = 3;

/**
 * The simple commands of a line, those inside of `$(…)`, backticks and quoted scripts too. Not a shell: whatever it cannot know
 * (variables, aliases) stays as it is written, and a quote that does not end ends with the text.
 */
export function simpleCommands(line: string, depth = 0): SimpleCommand[] {
	const { commands, scripts } = outerCommands(line);
	if (depth >= deepest) return commands;
	const inner = [...scripts, ...commands.flatMap(innerScripts)];
	return [...commands, ...inner.flatMap((script) => simpleCommands(script, depth + 1))];
}

/** The commands of the line itself, and what stands in its quotes to be run. */
function outerCommands(line: string): { commands: SimpleCommand[]; scripts: string[] } {
	const commands: SimpleCommand[] = [];
	const scripts: string[] = [];
	let current: SimpleCommand = { words: [], pipedFrom: undefined };
	for (const token of tokens(line)) {
		if (token.kind === "word") {
			current.words.push(token.text);
			scripts.push(...token.scripts);
			continue;
		}
		if (current.words.length > 0) commands.push(current);
		current = { words: [], pipedFrom: token.kind === "pipe" && current.words.length > 0 ? current : undefined };
	}
	if (current.words.length > 0) commands.push(current);
	return { commands, scripts };
}

/** Words with a space in them that are given to something that runs them. */
function innerScripts({ words }: SimpleCommand): string[] {
	if (!words.some((word) => runners.test(baseName(word)))) return [];
	return words.filter((word) => /\s/.test(word));
}

/** `/bin/rm` is rm, and so is `\rm`. */
export function baseName(word: string): string {
	return word.slice(Math.max(word.lastIndexOf("/"), word.lastIndexOf("\\")) + 1);
}

type Token = { kind: "word"; text: string; scripts: string[] } | { kind: "end" | "pipe" };

const separators = /[;&|\n\r()`]/;

/** Linear in the length of the line, whatever stands in it. */
function* tokens(line: string): Generator<Token> {
	let at = 0;
	while (at < line.length) {
		const space = /^(?:[ \t]|\\\n)+/.exec(line.slice(at, at + 2))?.[0];
		if (space !== undefined) {
			at += space.length;
		} else if (separators.test(line.charAt(at))) {
			const pipe = /^\|(?!\|)&?/.exec(line.slice(at, at + 2))?.[0];
			at += pipe?.length ?? (line.startsWith("||", at) ? 2 : 1);
			yield { kind: pipe === undefined ? "end" : "pipe" };
		} else {
			const read = readWord(line, at);
			at = read.end;
			yield { kind: "word", text: read.text, scripts: read.scripts };
		}
	}
}

interface Piece {
	text: string;
	end: number;
	script?: string | undefined;
}

function readWord(line: string, start: number): { text: string; scripts: string[]; end: number } {
	const pieces: Piece[] = [];
	let at = start;
	while (at < line.length && !/\s/.test(line.charAt(at)) && !separators.test(line.charAt(at))) {
		const piece = readPiece(line, at);
		pieces.push(piece);
		at = piece.end;
	}
	const scripts = pieces.flatMap(({ script }) => script ?? []);
	return { text: pieces.map(({ text }) => text).join(""), scripts, end: Math.max(at, start + 1) };
}

function readPiece(line: string, at: number): Piece {
	const [character, next] = [line.charAt(at), line.charAt(at + 1)];
	if (character === "\\") return { text: next === "\n" ? "" : next, end: at + 2 };
	if (character === "'" || character === '"') {
		const end = quoteEnd(line, at);
		const text = line.slice(at + 1, end);
		return { text, end: end + 1, script: character === '"' ? substitution(text) : undefined };
	}
	// A "$" before "(" begins a substitution, whose own commands come next.
	return { text: character === "$" && next === "(" ? "" : character, end: at + 1 };
}

function quoteEnd(line: string, start: number): number {
	const quote = line.charAt(start);
	for (let at = start + 1; at < line.length; at++) {
		if (quote === '"' && line.charAt(at) === "\\") at += 1;
		else if (line.charAt(at) === quote) return at;
	}
	return line.length;
}

/** What a shell runs inside of double quotes. */
function substitution(quoted: string): string | undefined {
	const at = quoted.search(/\$\(|`/);
	return at === -1 ? undefined : quoted.slice(at);
}
