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
