import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { refusal, startScriptedServer } from "../../tests/helpers/scripted-server.ts";

const exchange = "POST /auth/exchange";

describe("/notify-pair", () => {
	it.each(["12345", "1234567", "12a456", "", "１２３４５６", "123 456"])(
		"refuses %j here, without a request (row 5)",
		async (code) => {
			await using server = await startScriptedServer();
			await using rig = await companionRig(server, { paired: false });
			await rig.type("setup", "+15551234567");
			const before = server.requests.length;
			expect(await rig.type("pair", code)).toBe("The code has 6 digits. Use: /notify-pair 123456");
			expect(server.requests).toHaveLength(before);
		},
	);

	it("pairs with the code and the proof of this machine (row 5)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		await rig.type("setup", "+15551234567");
		expect(await rig.type("notify:notify-pair", " 123456 ")).toContain("Paired with +1***8912 by sms.");
		expect(server.bodies(exchange)).toMatchObject([{ temp_token: "t".repeat(32), pairing_code: "123456" }]);
		expect(rig.login.read().access_token).toBe("access-1");
		expect(await rig.type("pair", "123456")).toBe("No pairing is waiting for a code. Run /notify-setup first.");
	});

	it("shows how many tries are left, and takes the next one", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		await rig.type("setup", "+15551234567");
		server.on(exchange, () =>
			refusal(401, "unauthorized", "That is not the code. 4 tries left.", { reason: "wrong", tries_left: 4 }),
		);
		expect(await rig.type("pair", "111111")).toBe("That is not the code. 4 tries left.");
		server.on(exchange, () =>
			refusal(401, "unauthorized", "Too many wrong codes. Run /notify-setup for a new one.", { reason: "burnt" }),
		);
		expect(await rig.type("pair", "222222")).toBe("Too many wrong codes. Run /notify-setup for a new one.");
		expect(await rig.type("pair", "333333")).toBe("No pairing is waiting for a code. Run /notify-setup first.");
		expect(rig.file.read()).toEqual({ state: "none" });
	});

	it("without a setup has nothing to pair", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		expect(await rig.type("pair", "123456")).toBe("No pairing is waiting for a code. Run /notify-setup first.");
		expect(server.requests).toEqual([]);
	});
});
