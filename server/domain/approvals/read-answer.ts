/** What was said about a request, before it is known about which. */
export type Said =
	| { is: "yes"; scope: "once" | "session"; confirm?: string }
	| { is: "no"; reason?: string }
	/** Options of the question that is next. */
	| { is: "choices"; numbers: number[] }
	/** Options of several questions of a form: `1:2 2:1`. */
	| { is: "pairs"; pairs: { question: number; numbers: number[] }[] }
	/** Free text: it can answer a question, and never gives leave. */
	| { is: "words" };

export interface ReadAnswer {
	/** Of a button: it names the request by itself. */
	code?: string;
	/** A letter of a live session, in small letters. */
	handle?: string;
	/** `#3` */
	number?: number;
	said: Said;
	/** What was said, without letter and number. */
	text: string;
}

const button = /^([bcdfghjkmpqstvwxz2-9]{10})(?:([yns])|([1-8])x([1-9]))$/;
/** As in every reply: `b text`, `b: text`, `@b text`, `(b) text`. Whether the letter means a session is for the list to say. */
const opening = /^(?:\(@?([a-z]{1,2})\):?\s*|@?([a-z]{1,2})(?::\s*|\s+))/i;
const numbered = /^#(\d{1,6})(?::\s*|\s+|$)/;

/** Reads what a person typed or pressed. It never throws; whatever has no form of an answer is words. */
export function readAnswer(text: string, handles: readonly string[]): ReadAnswer {
	const pressed = readButton(text.trim().toLowerCase());
	if (pressed !== undefined) return { ...pressed, text: "" };
	const [taken = "", bracketed, plain] = opening.exec(text) ?? [];
	const letter = (bracketed ?? plain)?.toLowerCase();
	const handle = handles.find((each) => each.toLowerCase() === letter);
	const addressed = handle === undefined ? text : text.slice(taken.length);
	const [marked = "", digits] = numbered.exec(addressed) ?? [];
	const rest = addressed.slice(marked.length);
	return {
		...(handle === undefined ? {} : { handle: handle.toLowerCase() }),
		...(digits === undefined ? {} : { number: Number(digits) }),
		said: readSaid(rest.trim()),
		text: rest,
	};
}

function readButton(text: string): Pick<ReadAnswer, "code" | "said"> | undefined {
	const [whole, code = "", word, question, option] = button.exec(text) ?? [];
	if (whole === undefined) return undefined;
	if (word === "n") return { code, said: { is: "no" } };
	if (word !== undefined) return { code, said: { is: "yes", scope: word === "s" ? "session" : "once" } };
	return { code, said: { is: "pairs", pairs: [{ question: Number(question), numbers: [Number(option)] }] } };
}

const yes = /^(?:y|yes|allow)(?:[\s:,]+(?:(session)|(\d{4})))?[.!]?$/i;
const no = /^(?:n|no|deny)[.!]?$/i;
/** "no" with more behind it is how prose begins; `n` and `deny` are not. */
const noBecause = /^(?:n|deny)(?:\s*[:,]\s*|\s+)(\S[\s\S]*)$/i;
const choices = /^[1-9](?:[\s,]+[1-9])*[.!]?$/;
const pair = /[1-9]\s*[:=]\s*[1-9](?:\s*,\s*[1-9])*/;
const pairs = new RegExp(`^${pair.source}(?:[\\s;]+${pair.source})*$`);

function readSaid(text: string): Said {
	const [agreed, session, confirm] = yes.exec(text) ?? [];
	if (agreed !== undefined) {
		return {
			is: "yes",
			scope: session === undefined ? "once" : "session",
			...(confirm === undefined ? {} : { confirm }),
		};
	}
	if (no.test(text)) return { is: "no" };
	const reason = noBecause.exec(text)?.[1];
	if (reason !== undefined) return { is: "no", reason };
	if (choices.test(text)) return { is: "choices", numbers: digitsIn(text) };
	return pairs.test(text) ? { is: "pairs", pairs: readPairs(text) } : { is: "words" };
}

function readPairs(text: string) {
	return [...text.matchAll(new RegExp(pair.source, "g"))].map(([each]) => {
		const [question = 0, ...numbers] = digitsIn(each);
		return { question, numbers };
	});
}

/** No option and no question has two digits. */
function digitsIn(text: string): number[] {
	return [...text.matchAll(/[1-9]/g)].map(([digit]) => Number(digit));
}
