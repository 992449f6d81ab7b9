/** Nothing but digits, dots and a plain path: the value goes into a redirect and into a Content-Security-Policy. */
const loopback = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):(\d{1,5})(?:\/[A-Za-z0-9/_.-]*)?$/;

/** True for a listener on the person's own machine (RFC 8252): a code must never be handed to another one. */
export function isLoopbackCallback(uri: string): boolean {
	const port = Number(loopback.exec(uri)?.[1] ?? 0);
	return port >= 1 && port <= 65_535;
}

/** The callback with what its listener waits for. */
export function callbackWith(uri: string, parameters: Record<string, string>): string {
	const url = new URL(uri);
	for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
	return url.href;
}

/** The callback as a source of `form-action`, which knows no IPv6 literals: there only the scheme can be named. */
export function callbackSource(uri: string): string {
	const { hostname, origin } = new URL(uri);
	return hostname === "127.0.0.1" ? origin : "http:";
}
