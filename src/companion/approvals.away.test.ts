import { describe, expect, it } from "vitest";
import { bash, ran, approvalsRig as world } from "../../tests/helpers/approvals-rig.ts";
import { refusal } from "../../tests/helpers/scripted-server.ts";

describe("a request for the phone where the server", () => {
	it("is older than approvals is told as an event", async () => {
		await using w = await world();
		w.server.on("POST /sessions/*/approvals", () => refusal(404, "not_found"));
		expect(await w.ask()).toBe("{}");
		await w.server.waitFor("POST /sessions/*/events");
		expect(w.events()).toMatchObject([{ type: "permission", details: { tool_name: "Bash", message: "rm -r build" } }]);
	});

	it("is away is asked once it is back, while the dialog stays open", async () => {
		await using w = await world();
		await w.server.goDown();
		const answer = w.ask();
		await new Promise((passed) => setTimeout(passed, 100));
		await w.server.comeBack();
		const { id } = await w.phone.waitForAsked();
		w.phone.answer(id, { behavior: "allow" });
		expect(await answer).toBe("allow");
	});

	it("is away and the terminal answers is never asked", async () => {
		await using w = await world();
		await w.server.goDown();
		const answer = w.ask();
		w.monitor.approvals.toolRan(ran());
		expect(await answer).toBe("{}");
		await w.server.comeBack();
		expect(w.phone.asked).toEqual([]);
	});

	it.each([
		["-p", { headless: true }, {}],
		["a subagent", {}, { agentId: "a1", holdsDialog: true }],
	])("is away holds nothing back in %s, and it is told later", async (_where, options, more) => {
		await using w = await world(options);
		await w.server.goDown();
		expect(await w.ask(bash(more))).toBe("{}");
		await w.server.comeBack();
		await w.server.waitFor("POST /sessions/*/events");
		expect(w.phone.asked).toEqual([]);
	});

	it("takes the request and never answers holds nothing back in -p", async () => {
		await using w = await world({ headless: true });
		w.server.on("POST /sessions/*/approvals", () => new Promise<never>(() => undefined));
		expect(await w.ask()).toBe("{}");
		await w.server.waitFor("POST /sessions/*/events");
	});

	it("tells nobody is not waited for in -p, but beside an open dialog", async () => {
		await using quiet = await world({ headless: true });
		quiet.phone.outcome = "muted";
		expect(await quiet.ask()).toBe("{}");
		expect(await quiet.phone.waitForSaid("withdraw")).toMatchObject({ reason: "cancelled" });
		await using open = await world();
		open.phone.outcome = "muted";
		const answer = open.ask();
		open.phone.answer((await open.phone.waitForAsked()).id, { behavior: "allow" });
		expect(await answer).toBe("allow");
	});
});

describe("a request that holds its dialog back", () => {
	const held = bash({ agentId: "a1", holdsDialog: true });

	it("is only told while the person is at the terminal, whose dialog comes at once", async () => {
		await using w = await world();
		w.monitor.attended();
		expect(await w.ask(held)).toBe("{}");
		await w.server.waitFor("POST /sessions/*/events");
		expect(w.phone.asked).toEqual([]);
	});

	it("is asked where nobody is, for five minutes, and let go when somebody types here", async () => {
		await using w = await world();
		const answer = w.ask(held);
		expect((await w.phone.waitForAsked()).expires_in).toBe(300);
		w.monitor.attended();
		expect(await answer).toBe("{}");
		expect(await w.phone.waitForSaid("withdraw")).toMatchObject({ reason: "cancelled" });
	});

	it("is let go when the machine says that somebody is back", async () => {
		let present = false;
		await using w = await world({ isPresent: () => present });
		const answer = w.ask(held);
		await w.phone.waitForAsked();
		present = true;
		expect(await answer).toBe("{}");
	});

	it("is asked again at once after an answer from the phone: the person is there", async () => {
		await using w = await world();
		w.monitor.attended();
		const open = w.ask();
		w.phone.answer((await w.phone.waitForAsked()).id, { behavior: "allow" });
		await open;
		const next = w.ask(held);
		w.phone.answer((await w.phone.waitForAsked(2)).id, { behavior: "deny" });
		expect(await next).toBe("deny");
		expect(await w.phone.waitForSaid("receipt")).toEqual({ state: "applied" });
	});
});
