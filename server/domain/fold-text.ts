/** Letters of other alphabets that look like ours; what NFKD already makes ours is not in it. */
const twins: Readonly<Record<string, string>> = Object.fromEntries(
	Object.entries({
		a: "аαɑ",
		b: "Ьвβ",
		c: "сϲ",
		d: "ԁ",
		e: "еєε",
		g: "ɡ",
		h: "һн",
		i: "іιıӏ",
		j: "јϳ",
		k: "кκ",
		l: "ⅼ",
		m: "мμ",
		n: "пηո",
		o: "оοσօ",
		p: "рρ",
		q: "ԛ",
		r: "гᴦ",
		s: "ѕꜱ",
		t: "тτ",
		u: "υսц",
		v: "ѵνᴠ",
		w: "ԝωᴡ",
		x: "хχ",
		y: "уγү",
		z: "ᴢ",
		"|": "∣│┃¦",
		"/": "∕⁄╱⧸",
		"-": "‐‑‒–—―−﹘",
	}).flatMap(([plain, looks]) => Array.from(looks.toLowerCase(), (twin) => [twin, plain])),
);

/** Accents, and whatever takes no room of its own. */
const unseen = /[\p{M}\p{Cf}\u115f\u1160\u3164\uffa0]/gu;

/** A text as it looks and not as it is written, to be compared with: one line, small letters, no accents, no letters of other alphabets that look like ours. */
export function foldText(text: string): string {
	const plain = text.normalize("NFKD").replace(unseen, "").toLowerCase();
	return Array.from(plain, (character) => twins[character] ?? character)
		.join("")
		.replace(/\s+/g, " ")
		.trim();
}
