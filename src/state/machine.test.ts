import { expect, it } from "vitest";
import { fingerprint } from "../contract/auth.ts";
import { machineFingerprint } from "./machine.ts";

it("the machine's fingerprint is what the API takes, and the same each time", () => {
	expect(fingerprint.safeParse(machineFingerprint()).success).toBe(true);
	expect(machineFingerprint()).toBe(machineFingerprint());
});
