import * as z from "zod";

/** PostgreSQL stores neither NUL nor a lone surrogate; both are taken out at the edge so that no text can fail later. */
export function storable(value: string): string {
	return value.replaceAll("\u0000", "").toWellFormed();
}

/** The first `max` UTF-16 units of `value`, never ending inside a surrogate pair. */
export function cutText(value: string, max: number): string {
	if (value.length <= max) return value;
	const cut = value.slice(0, max);
	return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/** Text of at most `max` UTF-16 units; longer text is refused. */
export const text = (max: number) => z.string().overwrite(storable).max(max);

/** Text that is cut to `max` UTF-16 units instead of refused: for what an agent wrote and nobody can shorten. */
export const cutTo = (max: number) => z.string().overwrite((value) => cutText(storable(value), max));
