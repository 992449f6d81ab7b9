/** GSM 03.38: one septet each. */
const basic = new Set(
	"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
/** Its extension table: an escape before each, so two septets. */
const extended = new Set("\f^{}\\[~]|€");

/** What an agent writes and SMS cannot say, in characters that it can. */
const replacements: Readonly<Record<string, string>> = {
	"\t": " ",
	"`": "'",
	"´": "'",
	ʼ: "'",
	"′": "'",
	"‘": "'",
	"’": "'",
	"‚": ",",
	"‛": "'",
	"“": '"',
	"”": '"',
	"„": '"',
	"‟": '"',
	"″": '"',
	"«": '"',
	"»": '"',
	"‹": "<",
	"›": ">",
	"‐": "-",
	"‑": "-",
	"‒": "-",
	"–": "-",
	"—": "-",
	"―": "-",
	"−": "-",
	"•": "-",
	"‣": "-",
	"▪": "-",
	"▸": ">",
	"►": ">",
	"●": "-",
	"○": "-",
	"◦": "-",
	"·": "-",
	"…": "...",
	"→": "->",
	"⇒": "=>",
	"⟶": "->",
	"➜": "->",
	"➡": "->",
	"←": "<-",
	"⇐": "<=",
	"↔": "<->",
	"⇔": "<=>",
	"↑": "^",
	"↓": "v",
	"↳": "->",
	"⎿": "-",
	"×": "x",
	"÷": "/",
	"≥": ">=",
	"≤": "<=",
	"≠": "!=",
	"≈": "~",
	"±": "+/-",
	"¬": "not ",
	"∞": "infinity",
	"√": "sqrt ",
	"°": " deg",
	µ: "u",
	μ: "u",
	"©": "(c)",
	"®": "(r)",
	"™": "(tm)",
	"¢": "c",
	"¦": "|",
	"¶": "",
	"†": "+",
	"⁄": "/",
	"∕": "/",
	"、": ", ",
	"。": ". ",
	"✓": "ok",
	"✔": "ok",
	"☑": "ok",
	"✅": "ok",
	"✗": "x",
	"✘": "x",
	"✖": "x",
	"❌": "x",
	"❎": "x",
	"⚠": "!",
	"❗": "!",
	"❓": "?",
	ç: "c",
	ð: "d",
	Ð: "D",
	đ: "d",
	Đ: "D",
	ħ: "h",
	ı: "i",
	ł: "l",
	Ł: "L",
	œ: "oe",
	Œ: "OE",
	þ: "th",
	Þ: "Th",
	ŋ: "ng",
	ə: "e",
};

const boxDrawing = /[\u2500-\u257f]/;
const verticalBars = /[\u2502\u2503\u2506\u2507\u250a\u250b\u2551]/;
const horizontalBars = /[\u2500\u2501\u2504\u2505\u2508\u2509\u254c\u254d\u2550]/;

/** A letter of a script that SMS has no letters for, or an accented one that loses no more than its accent. */
const letter = /\p{L}/u;

/** Septets that one character takes; undefined for one that is not in the alphabet. */
function septetsOf(character: string): number | undefined {
	if (basic.has(character)) return 1;
	return extended.has(character) ? 2 : undefined;
}

/** Septets that a text takes; undefined when one character of it makes the whole message UCS-2. */
export function septets(text: string): number | undefined {
	let sum = 0;
	for (const character of text) {
		const cost = septetsOf(character);
		if (cost === undefined) return undefined;
		sum += cost;
	}
	return sum;
}

/** Stands where a symbol was dropped until its spaces are gone too; a private-use character, so that none can come from outside. */
const dropped = "\ue000";

/** One character in GSM 03.38: itself, a replacement, its base letter, `dropped` for a symbol or emoji, undefined for a letter that it cannot say. */
function translated(character: string): string | undefined {
	if (septetsOf(character) !== undefined) return character;
	const replacement = replacements[character];
	if (replacement !== undefined) return replacement;
	if (boxDrawing.test(character)) {
		if (verticalBars.test(character)) return "|";
		return horizontalBars.test(character) ? "-" : "+";
	}
	if (/\p{Zs}/u.test(character)) return " ";
	// Compatibility forms (ﬁ, ½, ２) and accents fall apart into what may be in the alphabet.
	const parts = [...character.normalize("NFKD")].filter((part) => !/\p{M}/u.test(part));
	const said = parts.map((part) => (septetsOf(part) === undefined ? replacements[part] : part));
	if (parts.length > 0 && said.every((part) => part !== undefined)) return said.join("");
	return letter.test(character) ? undefined : dropped;
}

/** The share of a text's letters that GSM 03.38 cannot say: near 0 for European languages, near 1 for Chinese or Russian. */
export function foreignShare(text: string): number {
	let letters = 0;
	let foreign = 0;
	for (const character of text) {
		if (!letter.test(character)) continue;
		letters += 1;
		if (translated(character) === undefined) foreign += 1;
	}
	return letters === 0 ? 0 : foreign / letters;
}

/** A text in GSM 03.38. Symbols become what they look like, emoji go, a run of letters that it cannot say becomes one "?". */
export function toGsm7(text: string): string {
	const parts: string[] = [];
	let unsaid = false;
	for (const character of text.normalize("NFC")) {
		const said = translated(character);
		if (said === undefined && !unsaid) parts.push("?");
		else if (said !== undefined) parts.push(said);
		unsaid = said === undefined;
	}
	return tidy(parts.join(""));
}

/** Long rules of a table or a heading say nothing in an SMS, and a dropped emoji leaves its spaces behind. */
function tidy(text: string): string {
	return text
		.replace(/ ?\ue000+(?=[\s,.;:!?)]|$)/g, "")
		.replace(/\ue000/g, "")
		.replace(/([-=_*+|])\1{3,}/g, "$1$1$1")
		.replace(/ {2,}/g, " ")
		.replace(/ *\n */g, "\n")
		.trim();
}
