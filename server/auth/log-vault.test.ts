import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { createLogVault } from "./log-vault.ts";
import { createVault } from "./vault.ts";

const [one, two] = [randomBytes(32), randomBytes(32)];
const key = randomBytes(32);

it("wraps by the first master key and unwraps by any of them (row 190)", () => {
	const old = createLogVault([one]);
	const both = createLogVault([two, one]);
	const wrapped = old.wrap("ann", key);
	expect(both.unwrap("ann", wrapped, old.current)).toEqual(key);
	expect(both.current).not.toBe(old.current);
	expect(old.unwrap("ann", both.wrap("ann", key), both.current)).toBe(undefined);
});

it("opens nothing of another user, and nothing that was changed (row 190)", () => {
	const vault = createLogVault([one]);
	const wrapped = vault.wrap("ann", key);
	expect(() => vault.unwrap("bob", wrapped, vault.current)).toThrow();
	const changed = Buffer.from(wrapped, "base64url");
	changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
	expect(() => vault.unwrap("ann", changed.toString("base64url"), vault.current)).toThrow();
	expect(() => vault.unwrap("ann", "AQ", vault.current)).toThrow("unknown form");
});

it("shares no key with the vault of the addresses, though both may hang on DATA_KEY", () => {
	const wrapped = createLogVault([one]).wrap("ann", key);
	expect(() => createVault(one).open(wrapped)).toThrow();
	expect(wrapped).not.toContain(key.toString("base64url"));
});
