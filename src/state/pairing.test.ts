import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { type PendingPairing, readPairing, removePairing, writePairing } from "./pairing.ts";

const now = new Date("2026-11-20T14:03:00.000Z");
const pairing: PendingPairing = {
	server: "https://notify.example.com",
	temp_token: "t".repeat(32),
	code_verifier: "v".repeat(43),
	state: "s".repeat(32),
	expires_at: "2026-11-20T14:13:00.000Z",
	channel: "sms",
};

describe("a pairing that waits for its code", () => {
	it("is there for another session, until it is removed", async () => {
		await using home = await temporaryFolder();
		expect(readPairing(home.path, now)).toBeUndefined();
		writePairing(home.path, pairing);
		expect(readPairing(home.path, now)).toEqual(pairing);
		removePairing(home.path);
		expect(readPairing(home.path, now)).toBeUndefined();
	});

	it("is gone after its ten minutes", async () => {
		await using home = await temporaryFolder();
		writePairing(home.path, pairing);
		expect(readPairing(home.path, new Date("2026-11-20T14:13:01.000Z"))).toBeUndefined();
		expect(existsSync(join(home.path, "pairing.json"))).toBe(false);
	});

	it("that cannot be read is none", async () => {
		await using home = await temporaryFolder();
		writePairing(home.path, pairing);
		writeFileSync(join(home.path, "pairing.json"), '{"server":');
		expect(readPairing(home.path, now)).toBeUndefined();
	});
});
