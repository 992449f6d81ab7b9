import { createConnection } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { type CompanionRig, companionRig } from "../../tests/helpers/companion-rig.ts";
import { refusal, startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import { until } from "../../tests/helpers/until.ts";

const exchange = "POST /auth/exchange";

/** Where the page that setup printed sends the browser back to. */
function callbackOf(answer: string) {
	const page = new URL(/http\S+\/login\?\S+/.exec(answer)?.[0] ?? "");
	const { callback_uri = "", state = "", code_challenge = "" } = Object.fromEntries(page.searchParams);
	return { page, callback_uri, state, code_challenge };
}

async function isListening(uri: string): Promise<boolean> {
	const { port, hostname } = new URL(uri);
	return new Promise((resolve) => {
		const connection = createConnection({ port: Number(port), host: hostname });
		connection.once("connect", () => resolve(true)).once("error", () => resolve(false));
		connection.unref();
	});
}

const comeBack = (uri: string, query: Record<string, string>, init?: RequestInit) =>
	fetch(`${uri}?${new URLSearchParams(query)}`, init);

const token = "t".repeat(32);
const isPaired = (rig: CompanionRig) => rig.file.read().state === "paired";

describe("/notify-setup in a browser", () => {
	it("opens and prints the page, which comes back to this machine only (rows 4, 30)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const answer = await rig.type("notify:setup");
		const { page, callback_uri, state, code_challenge } = callbackOf(answer);
		expect(rig.opened).toEqual([page.href]);
		expect(page.origin).toBe(server.url);
		expect(callback_uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/cb$/);
		expect(page.searchParams.get("code_challenge_method")).toBe("S256");
		expect([state.length, code_challenge.length]).toEqual([32, 43]);
		expect(server.requests).toEqual([]);
	});

	it("pairs when the browser comes back, without a code, and stops listening (rows 30, 42)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const { callback_uri, state } = callbackOf(await rig.type("setup"));
		const response = await comeBack(callback_uri, { temp_token: token, state });
		expect([response.status, response.headers.get("referrer-policy")]).toEqual([200, "no-referrer"]);
		expect(await response.text()).toContain(
			"Paired with +1***8912 by SMS. You can close this page and return to Claude Code.",
		);
		expect(server.bodies(exchange)).toEqual([
			{
				temp_token: token,
				code_verifier: expect.stringMatching(/^[\w-]{43}$/),
				device: { name: "laptop", fingerprint: "f".repeat(64), time_zone: expect.any(String) },
			},
		]);
		expect(isPaired(rig)).toBe(true);
		await until(
			async () => !(await isListening(callback_uri)),
			5000,
			() => "still listening five seconds later",
		);
		expect(await rig.type("status")).toContain("Paired with +1***8912 by SMS.");
	});

	it("proves to the server that it is who asked: the challenge is of the verifier", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const { callback_uri, state, code_challenge } = callbackOf(await rig.type("setup"));
		await comeBack(callback_uri, { temp_token: token, state });
		const { code_verifier } = Object(server.bodies(exchange)[0]);
		const { createHash } = await import("node:crypto");
		expect(createHash("sha256").update(code_verifier).digest("base64url")).toBe(code_challenge);
	});

	it.each([
		["another state", { temp_token: token, state: "x".repeat(32) }],
		["no state", { temp_token: token }],
	])("takes no token that comes with %s, and goes on waiting for the right page (row 32)", async (_what, query) => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const { callback_uri, state } = callbackOf(await rig.type("setup"));
		expect((await comeBack(callback_uri, query)).status).toBe(400);
		expect([server.requests.length, isPaired(rig)]).toEqual([0, false]);
		expect((await comeBack(callback_uri, { temp_token: token, state })).status).toBe(200);
		expect(isPaired(rig)).toBe(true);
	});

	it("listens on the loopback address alone (row 30)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const { callback_uri } = callbackOf(await rig.type("setup"));
		expect(await isListening(callback_uri)).toBe(true);
		const others = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
		for (const { address, family, internal } of others) {
			if (internal || family !== "IPv4") continue;
			expect(await isListening(callback_uri.replace("127.0.0.1", address)), address).toBe(false);
		}
	});

	it("answers nothing but that one page, once (row 30)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const { callback_uri, state } = callbackOf(await rig.type("setup"));
		const good = { temp_token: token, state };
		expect((await comeBack(callback_uri.replace("/cb", "/"), good)).status).toBe(404);
		expect((await comeBack(callback_uri, good, { method: "POST" })).status).toBe(404);
		expect((await comeBack(callback_uri, { temp_token: "<script>", state })).status).toBe(400);
		const answers = await Promise.allSettled([comeBack(callback_uri, good), comeBack(callback_uri, good)]);
		expect(answers.filter((each) => each.status === "fulfilled" && each.value.status === 200)).toHaveLength(1);
		expect(server.bodies(exchange)).toHaveLength(1);
	});

	it("is not reached under another name (DNS rebinding)", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const { callback_uri, state } = callbackOf(await rig.type("setup"));
		const { port } = new URL(callback_uri);
		const { request } = await import("node:http");
		const status = await new Promise((resolve, reject) => {
			const path = `/cb?${new URLSearchParams({ temp_token: token, state })}`;
			request({ host: "127.0.0.1", port, path, headers: { host: `evil.example:${port}` } }, (response) => {
				response.resume();
				resolve(response.statusCode);
			})
				.once("error", reject)
				.end();
		});
		expect([status, server.requests.length]).toEqual([404, 0]);
	});

	it("tells in the browser and by /notify-status when the server refuses", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		server.on(exchange, () => refusal(401, "unauthorized", "This login is not known here. <b>Run /notify-setup.</b>"));
		const { callback_uri, state } = callbackOf(await rig.type("setup"));
		const page = await (await comeBack(callback_uri, { temp_token: token, state })).text();
		expect(page).toContain("Pairing failed: This login is not known here.");
		expect(page).not.toContain("<b>");
		expect(await rig.type("status")).toContain("Pairing failed: This login is not known here.");
		expect(isPaired(rig)).toBe(false);
	});

	it("begun again forgets the first page", async () => {
		await using server = await startScriptedServer();
		await using rig = await companionRig(server, { paired: false });
		const first = callbackOf(await rig.type("setup"));
		const second = callbackOf(await rig.type("setup"));
		expect(second.state).not.toBe(first.state);
		await until(
			async () => !(await isListening(first.callback_uri)),
			5000,
			() => "the first page still waits",
		);
		expect(await isListening(second.callback_uri)).toBe(true);
	});
});
