import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { refusal, someTokens, startScriptedServer } from "../../tests/helpers/scripted-server.ts";

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
		expect(await rig.type("notify:notify-pair", " 123456 ")).toContain("Paired with +1***8912 by SMS.");
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

	it("comes with this machine's login when there is one, so that the address is added to its user", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.type("setup", "+15551234567");
		await rig.type("pair", "123456");
		const [request] = await server.waitFor(exchange);
		expect(request?.headers).toMatchObject({
			authorization: "Bearer access-1",
			"x-device-fingerprint": "f".repeat(64),
		});
	});

	it("comes without one where the login has ended, or was never made", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.type("setup", "+15551234567");
		const good = someTokens("access-2", new Date(Date.now() + 1e8));
		server.on(exchange, ({ headers }) =>
			headers.authorization === undefined
				? { status: 200, body: good }
				: refusal(401, "unauthorized", "The access token is not valid."),
		);
		server.on("POST /auth/refresh", () => refusal(401, "unauthorized", "This login has ended."));
		expect(await rig.type("pair", "123456")).toContain("Paired with +1***8912 by SMS.");
		expect((await server.waitFor(exchange, 2)).map(({ headers }) => headers.authorization)).toEqual([
			"Bearer access-1",
			undefined,
		]);
		expect(rig.login.read().access_token).toBe("access-2");
	});

	it("renews a login that the server does not take, and adds the address to it all the same", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.type("setup", "+15551234567");
		const [stale, fresh, added] = ["access-1", "access-2", "access-3"].map((each) =>
			someTokens(each, new Date(Date.now() + 1e8)),
		);
		server.on("POST /auth/refresh", () => ({ status: 200, body: fresh }));
		server.on(exchange, ({ headers }) =>
			headers.authorization === `Bearer ${stale?.access_token}`
				? refusal(401, "token_expired", "The access token has expired.")
				: { status: 200, body: added },
		);
		await rig.type("pair", "123456");
		expect((await server.waitFor(exchange, 2))[1]?.headers.authorization).toBe("Bearer access-2");
	});

	it("sends a wrong code once: it is no reason to renew the login", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.type("setup", "+15551234567");
		server.on(exchange, () =>
			refusal(401, "unauthorized", "That is not the code. 4 tries left.", { reason: "wrong", tries_left: 4 }),
		);
		expect(await rig.type("pair", "111111")).toBe("That is not the code. 4 tries left.");
		expect(server.requests.map(({ path }) => path)).toEqual(["/login", "/auth/exchange"]);
	});

	it("of another account's address is refused with the cure, and the login stays", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server);
		await rig.type("setup", "+15551234567");
		const cure = "+1***8912 belongs to another account. Run /notify-logout first.";
		server.on(exchange, () => refusal(409, "conflict", cure));
		expect(await rig.type("pair", "123456")).toBe(cure);
		expect(rig.login.read().access_token).toBe("access-1");
	});

	it("without a setup has nothing to pair", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		expect(await rig.type("pair", "123456")).toBe("No pairing is waiting for a code. Run /notify-setup first.");
		expect(server.requests).toEqual([]);
	});
});
