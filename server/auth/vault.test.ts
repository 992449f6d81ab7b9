import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createVault } from "./vault.ts";

const vault = createVault(randomBytes(32));

describe("the vault", () => {
	it.each(["", "+12025550123", "ünï 😀", "x".repeat(10_000)])("opens what it sealed: %.20s", (plain) => {
		expect(vault.open(vault.seal(plain))).toBe(plain);
	});

	it("never seals the same address to the same text", () => {
		const sealed = new Set(Array.from({ length: 1000 }, () => vault.seal("+12025550123")));
		expect(sealed.size).toBe(1000);
	});

	it("refuses a sealed value with any one bit changed", () => {
		const sealed = Buffer.from(vault.seal("+12025550123"), "base64url");
		for (let bit = 0; bit < sealed.length * 8; bit++) {
			const forged = Buffer.from(sealed);
			forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
			expect(() => vault.open(forged.toString("base64url"))).toThrow();
		}
	});

	it("refuses a shortened value, and one that another key sealed", () => {
		const sealed = vault.seal("+12025550123");
		for (const length of [0, 1, 10, sealed.length - 2]) expect(() => vault.open(sealed.slice(0, length))).toThrow();
		expect(() => createVault(randomBytes(32)).open(sealed)).toThrow();
	});

	it("gives one MAC for one purpose and value, and another for everything else", () => {
		const mac = vault.mac("address", "+12025550123");
		expect(mac).toMatch(/^[A-Za-z0-9_-]{43}$/);
		expect(vault.mac("address", "+12025550123")).toBe(mac);
		expect(vault.mac("code", "+12025550123")).not.toBe(mac);
		expect(vault.mac("address", "+12025550124")).not.toBe(mac);
		expect(createVault(randomBytes(32)).mac("address", "+12025550123")).not.toBe(mac);
	});

	it("is the same vault again with the same key", () => {
		const key = randomBytes(32);
		const [before, after] = [createVault(key), createVault(key)];
		expect(after.open(before.seal("a"))).toBe("a");
		expect(after.mac("address", "a")).toBe(before.mac("address", "a"));
	});
});
