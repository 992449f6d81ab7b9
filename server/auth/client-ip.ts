import { isIP } from "node:net";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";

/**
 * The address of the caller: the socket's, or the entry that the outermost of our own proxies wrote.
 * Entries before it are the caller's own words. A request that passed too few proxies is known by its socket.
 */
export function clientIp(c: Context, trustedProxies: number): string {
	const socket = socketAddress(c);
	if (trustedProxies === 0) return socket;
	const forwarded = (c.req.header("x-forwarded-for") ?? "").split(",").map((entry) => entry.trim());
	const entry = forwarded.at(-trustedProxies);
	return entry !== undefined && isIP(entry) !== 0 ? entry : socket;
}

/** Without a socket (a request made in memory) every caller is the same one, so that a limit still holds. */
function socketAddress(c: Context): string {
	if (typeof c.env !== "object" || c.env === null || !("incoming" in c.env || "server" in c.env)) return "unknown";
	return getConnInfo(c).remote.address ?? "unknown";
}

/** What a limit counts by: an IPv4 address, or the /64 of an IPv6 address, since one customer has all of it. */
export function limitKey(ip: string): string {
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
	if (mapped !== undefined) return mapped;
	if (isIP(ip) !== 6) return ip;
	return `${groupsOf(ip).slice(0, 4).join(":")}::/64`;
}

/** The eight groups of an IPv6 address, without leading zeros and zone. */
function groupsOf(ip: string): string[] {
	// The WHATWG parser writes every spelling of an address the same way.
	const canonical = new URL(`http://[${ip.replace(/%.*$/, "")}]`).hostname.slice(1, -1);
	const [head = "", tail] = canonical.split("::");
	const before = head === "" ? [] : head.split(":");
	if (tail === undefined) return before;
	const after = tail === "" ? [] : tail.split(":");
	return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => "0"), ...after];
}
