import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { refusal, type ScriptedServer, startScriptedServer } from "../../tests/helpers/scripted-server.ts";

const at = new Date(2026, 10, 20, 14, 5).toISOString();

function channel(name: string, title: string, address_masked: string, more: object = {}) {
	const id = randomUUID();
	const report = { id, channel: name, channel_title: title, address_masked };
	const last_delivery = { ...report, state: "delivered", error: null, updated_at: at };
	return { ...report, simulated: false, opted_out: false, opted_out_hint: null, last_delivery, ...more };
}

const sms = channel("sms", "SMS", "+1***8912");
const telegram = channel("telegram", "Telegram", "Ann (…6789)", { last_delivery: null });
const work = channel("email", "E-mail", "w***@example.com", { opted_out: true });
const home = channel("email", "E-mail", "h***@example.org", { simulated: true });

const put = "PUT /channels/order";

async function opened(channels: object[]) {
	const server = await startScriptedServer();
	const rig = await companionRig(server);
	server.on("GET /status", () => ({ status: 200, body: { channels, sessions: [] } }));
	server.on(put, ({ body }) => {
		const { ids } = Object(body);
		const order = ids.map((id: string) => channels.find((each) => Object(each).id === id));
		return { status: 200, body: { channels: order } };
	});
	server.on("DELETE /channels/*", ({ path }) => {
		const left = channels.filter((each) => !path.endsWith(Object(each).id));
		return { status: 200, body: { channels: left } };
	});
	return {
		server,
		type: (args: string) => rig.type("notify:notify-channels", args),
		async [Symbol.asyncDispose]() {
			await rig[Symbol.asyncDispose]();
			await server[Symbol.asyncDispose]();
		},
	};
}

const changes = (server: ScriptedServer) => server.requests.filter(({ method }) => method !== "GET");

describe("/notify-channels", () => {
	it("lists them in their order, each with its last receipt and what stands in its way", async () => {
		await using at = await opened([telegram, sms, work, home]);
		expect((await at.type("")).split("\n")).toEqual([
			"1. Ann (…6789) by Telegram; nothing sent yet",
			"2. +1***8912 by SMS; last message delivered, 2026-11-20 14:05",
			"3. w***@example.com by E-mail (switched off at your end: /notify-setup switches it on again); last message delivered, 2026-11-20 14:05",
			"4. h***@example.org by E-mail (simulated phone); last message delivered, 2026-11-20 14:05",
			"Messages go to each of them; the order is your preference.",
			"Use: /notify-channels first telegram, /notify-channels remove sms (a name, or the number in the list)",
		]);
	});

	it("with one channel says how to add another", async () => {
		await using at = await opened([sms]);
		expect(await at.type("")).toMatch(/^1\. \+1\*\*\*8912 by SMS.*\nAdd another one with \/notify-setup telegram/);
	});

	it("with none says how to get one", async () => {
		await using at = await opened([]);
		expect(await at.type("")).toBe("There is no channel. Run /notify-setup.");
	});

	it.each(["telegram", "Telegram", "2", "2.", "Ann (…6789)"])("first %s puts it before the others", async (which) => {
		await using at = await opened([sms, telegram, work]);
		const answer = await at.type(`first ${which}`);
		expect(at.server.bodies(put)).toEqual([{ ids: [telegram.id, sms.id, work.id] }]);
		expect(answer).toMatch(/^1\. Ann .*\n2\. \+1\*\*\*8912.*\n3\. w\*\*\*@/);
	});

	it.each(["sms", "1", "+1***8912"])("remove %s takes it away and says what is left", async (which) => {
		await using at = await opened([sms, telegram]);
		const answer = await at.type(`remove ${which}`);
		expect(changes(at.server).map(({ method, path }) => `${method} ${path}`)).toEqual([`DELETE /channels/${sms.id}`]);
		expect(answer).toMatch(/^Removed \+1\*\*\*8912 by SMS: nothing more is sent there.*\n1\. Ann/);
	});

	it("asks for the number when a name is there twice", async () => {
		await using at = await opened([work, home]);
		for (const verb of ["first", "remove"]) {
			expect(await at.type(`${verb} email`)).toMatch(
				/^Say by its number which email you mean:\n1\. w\*\*\*.*\n2\. h\*\*\*/,
			);
		}
		expect(changes(at.server)).toEqual([]);
		await at.type("remove 2");
		expect(changes(at.server)[0]?.path).toBe(`/channels/${home.id}`);
	});

	it.each(["first pigeon", "remove 9", "remove 0"])("%s changes nothing and shows what there is", async (args) => {
		await using at = await opened([sms, telegram]);
		expect(await at.type(args)).toMatch(/^There is no .* among your channels:\n1\. \+1/);
		expect(changes(at.server)).toEqual([]);
	});

	it.each(["last sms", "first", "remove", "sms"])("%s prints the right use, without a request", async (args) => {
		await using at = await opened([sms, telegram]);
		expect(await at.type(args)).toMatch(/^Use: \/notify-channels first telegram/);
		expect(at.server.requests).toEqual([]);
	});

	it("shows why the last one stays", async () => {
		await using at = await opened([sms]);
		at.server.on("DELETE /channels/*", () => refusal(409, "conflict", "This is your only channel."));
		expect(await at.type("remove sms")).toBe("This is your only channel.");
	});
});
