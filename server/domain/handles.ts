/** No a and i (words), no y n k r u (texting words), no l and o (digits): facts/providers.md section 7. */
const letters = [..."bcdefghjmpqstvwxz"];
/** Pairs without the one vowel, so that none of them is a word ("be", "he", "we"). */
const consonants = letters.filter((letter) => letter !== "e");

/** Every handle, in the order in which they are given out: one letter while there is one, then two. */
export const handles: readonly string[] = [
	...letters,
	...consonants.flatMap((first) => consonants.map((second) => first + second)),
];

/** The first handle that is not taken; undefined when all are. */
export function freeHandle(taken: ReadonlySet<string>): string | undefined {
	return handles.find((handle) => !taken.has(handle));
}
