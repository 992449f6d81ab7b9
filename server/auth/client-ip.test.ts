import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { clientIp, limitKey } from "./client-ip.ts";

async function ipOf(forwarded: string | undefined, trustedProxies: number, socket = "10.0.0.9") {
	const app = new Hono().get("/", (c) => c.text(clientIp(c, trustedProxies)));
	const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
	const answer = await app.request("/", { headers }, { incoming: { socket: { remoteAddress: socket } } });
	return answer.text();
}

describe("the caller's address", () => {
	it("is the socket's when no proxy is trusted, whatever the header says", async () => {
		expect(await ipOf("1.2.3.4", 0)).toBe("10.0.0.9");
	});

	it("is the entry that the outermost trusted proxy wrote, not what the caller put before it", async () => {
		expect(await ipOf("6.6.6.6, 1.2.3.4", 1)).toBe("1.2.3.4");
		expect(await ipOf("6.6.6.6, 1.2.3.4, 10.0.0.1", 2)).toBe("1.2.3.4");
		expect(await ipOf("2001:db8::1", 1)).toBe("2001:db8::1");
	});

	it("is the socket's when fewer proxies were passed than are trusted, or the entry is no address", async () => {
		expect(await ipOf(undefined, 1)).toBe("10.0.0.9");
		expect(await ipOf("1.2.3.4", 2)).toBe("10.0.0.9");
		expect(await ipOf("unknown", 1)).toBe("10.0.0.9");
		expect(await ipOf("1.2.3.4:5678", 1)).toBe("10.0.0.9");
	});

	it("is one and the same for every request without a socket", async () => {
		const app = new Hono().get("/", (c) => c.text(clientIp(c, 0)));
		expect(await (await app.request("/")).text()).toBe("unknown");
	});

	it.each([
		["1.2.3.4", "1.2.3.4"],
		["::ffff:1.2.3.4", "1.2.3.4"],
		["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
		["2001:0db8:0001:0002::1", "2001:db8:1:2::/64"],
		["2001:db8::1", "2001:db8:0:0::/64"],
		["::1", "0:0:0:0::/64"],
		["fe80::1%eth0", "fe80:0:0:0::/64"],
		["unknown", "unknown"],
	])("%s counts as %s", (ip, key) => {
		expect(limitKey(ip)).toBe(key);
	});
});
