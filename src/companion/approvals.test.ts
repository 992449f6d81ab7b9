import { describe, expect, it } from "vitest";
import { bash, hashOf, ran, approvalsRig as world } from "../../tests/helpers/approvals-rig.ts";

describe("a request that the phone is asked", () => {
	it("ends with the phone's decision, and the server hears that it was applied when the tool has run (row 134)", async () => {
		await using w = await world();
		const answer = w.ask();
		const { id, expires_in } = await w.phone.waitForAsked();
		expect(expires_in).toBe(3600);
		w.phone.answer(id, { behavior: "allow" });
		expect(await answer).toBe("allow");
		expect(w.phone.said).toEqual([]);
		w.monitor.approvals.toolRan(ran());
		expect(await w.phone.waitForSaid("receipt")).toEqual({ state: "applied" });
		expect(w.events()).toEqual([]);
	});

	it("is withdrawn at once when the terminal allows it first (row 133)", async () => {
		await using w = await world();
		const answer = w.ask();
		await w.phone.waitForAsked();
		w.monitor.approvals.toolRan(ran({ hash: hashOf("b") }));
		w.monitor.approvals.toolRan(ran({ toolName: "Read" }));
		w.monitor.approvals.toolRan(ran({ agentId: "a1" }));
		w.monitor.approvals.toolRan(ran());
		expect(await answer).toBe("{}");
		expect(await w.phone.waitForSaid("withdraw")).toEqual({ reason: "terminal", outcome: "allowed" });
	});

	it("is withdrawn when the client gives up its call: somebody said no at the terminal, or interrupted", async () => {
		await using w = await world();
		const call = new AbortController();
		const answer = w.ask(bash(), call.signal);
		await w.phone.waitForAsked();
		call.abort();
		expect(await answer).toBe("{}");
		expect(await w.phone.waitForSaid("withdraw")).toEqual({ reason: "terminal", outcome: "denied" });
	});

	it("is withdrawn as denied when all tools are through and it never ran", async () => {
		await using w = await world();
		const answer = w.ask();
		await w.phone.waitForAsked();
		w.monitor.approvals.batchEnded("a1");
		w.monitor.approvals.batchEnded("");
		expect(await answer).toBe("{}");
		expect(await w.phone.waitForSaid("withdraw")).toEqual({ reason: "terminal", outcome: "denied" });
	});

	it("is withdrawn at the turn's end, a subagent's at the subagent's (rows 133, 134)", async () => {
		await using w = await world();
		const [own, other] = [w.ask(), w.ask(bash({ agentId: "a1", holdsDialog: true }))];
		await w.phone.waitForAsked(2);
		w.monitor.turnEnded("done");
		expect(await own).toBe("{}");
		expect(await w.phone.waitForSaid("withdraw")).toEqual({ reason: "turn_ended", outcome: "unknown" });
		w.monitor.approvals.turnEnded("a1");
		expect(await other).toBe("{}");
		await w.phone.waitForSaid("withdraw", 2);
	});

	it("is withdrawn when monitoring ends", async () => {
		await using w = await world();
		const answer = w.ask();
		await w.phone.waitForAsked();
		await w.monitor.close();
		expect(await answer).toBe("{}");
		expect(await w.phone.waitForSaid("withdraw")).toEqual({ reason: "session_ended", outcome: "unknown" });
		expect(await w.ask()).toBe("{}");
		expect(w.phone.asked).toHaveLength(1);
	});

	it("says that the phone was too late when the phone's no comes while the allowed tool runs already", async () => {
		await using w = await world();
		const answer = w.ask();
		const { id } = await w.phone.waitForAsked();
		w.phone.answer(id, { behavior: "deny" });
		expect(await answer).toBe("deny");
		w.monitor.approvals.toolRan(ran());
		expect(await w.phone.waitForSaid("receipt")).toEqual({ state: "too_late" });
	});

	it("says that the phone was too late when its yes comes after a no at the terminal", async () => {
		await using w = await world();
		const answer = w.ask();
		const { id } = await w.phone.waitForAsked();
		w.phone.answer(id, { behavior: "allow" });
		expect(await answer).toBe("allow");
		w.monitor.approvals.batchEnded("");
		expect(await w.phone.waitForSaid("receipt")).toEqual({ state: "too_late" });
	});

	it("says that the phone was too late when its answer crosses the withdrawal", async () => {
		await using w = await world();
		const answer = w.ask();
		await w.phone.waitForAsked();
		w.phone.phoneIsFirst();
		w.monitor.approvals.toolRan(ran());
		expect(await answer).toBe("{}");
		expect(await w.phone.waitForSaid("receipt")).toEqual({ state: "too_late" });
	});

	it("takes no decision about another request", async () => {
		await using w = await world();
		const answer = w.ask();
		const { id } = await w.phone.waitForAsked();
		w.phone.answer(id, { behavior: "allow" }, hashOf("f"));
		expect(await answer).toBe("{}");
	});

	it("that nobody answers in time stays with the terminal", async () => {
		await using w = await world();
		const answer = w.ask();
		const { id } = await w.phone.waitForAsked();
		w.phone.expire(id);
		expect(await answer).toBe("{}");
	});

	it("does not stand in the way of another: each gets its own answer", async () => {
		await using w = await world();
		const [first, second] = [w.ask(), w.ask(bash({ hash: hashOf("b") }))];
		await w.phone.waitForAsked(2);
		const idOf = (letter: string) => w.phone.asked.find((each) => each.request_hash === hashOf(letter))?.id ?? "";
		w.phone.answer(idOf("b"), { behavior: "deny" });
		expect(await second).toBe("deny");
		w.phone.answer(idOf("a"), { behavior: "allow" });
		expect(await first).toBe("allow");
	});

	it("is withdrawn by whoever goes on with the session of a client that was killed", async () => {
		await using w = await world();
		w.ask().catch(() => undefined);
		const { id } = await w.phone.waitForAsked();
		await using next = await w.goOn();
		expect(next.keeper.monitor).toBeDefined();
		await w.phone.waitForSaid("withdraw");
		expect(w.phone.said).toEqual([{ id, about: "withdraw", body: { reason: "cancelled" } }]);
	});
});
