import { describe, expect, it } from "vitest";
import { replyFromPhone } from "../../tests/helpers/scripted-server.ts";
import type { DeliveryWay } from "../contract/inbox.ts";
import { ReplyLedger } from "./ledger.ts";
import { injectedText } from "./texts.ts";

function newLedger(given = new Map<string, DeliveryWay>()) {
	const ledger = new ReplyLedger({ via: (ref) => given.get(ref), add: (ref, via) => void given.set(ref, via) });
	return { ledger, given };
}

describe("a reply on its way into the session", () => {
	it("that was put in line is proven by the prompt that shows it, once", () => {
		const { ledger, given } = newLedger();
		const reply = replyFromPhone("run the tests");
		ledger.hold(reply, "socket");
		expect(ledger.known(reply)).toBe("held");
		expect(ledger.prove(injectedText(reply))).toEqual([reply]);
		expect([ledger.known(reply), given.get(reply.ref)]).toEqual(["socket", "socket"]);
		expect(ledger.prove(injectedText(reply))).toEqual([]);
		expect(ledger.isCopy(injectedText(reply))).toBe(true);
	});

	it("that is given beside a prompt makes its copy from the socket a copy", () => {
		const { ledger } = newLedger();
		const reply = replyFromPhone("run the tests");
		ledger.hold(reply, "socket");
		ledger.hold(reply, "waiting");
		expect(ledger.take("prompt", 8)).toEqual([reply]);
		expect(ledger.isCopy(`\n${injectedText(reply)} `)).toBe(true);
		expect(ledger.take("prompt", 8)).toEqual([]);
	});

	it("is not taken along with a prompt while it stands in line, but a tool call may have it", () => {
		const { ledger } = newLedger();
		const reply = replyFromPhone("x");
		ledger.hold(reply, "socket");
		expect(ledger.take("prompt", 8)).toEqual([]);
		expect(ledger.take("tool", 8)).toEqual([reply]);
		expect(ledger.known(reply)).toBe("tool");
	});

	it("is not mixed up with what the user types: only the whole text of a given reply is a copy", () => {
		const { ledger } = newLedger();
		const reply = replyFromPhone("run the tests");
		ledger.hold(reply, "socket");
		ledger.prove(injectedText(reply));
		expect(ledger.isCopy(`you answered to [reply ${reply.ref} from your phone] wrongly`)).toBe(false);
		expect(ledger.isCopy(`${injectedText(reply)}\nand lint`)).toBe(false);
	});

	it("that an earlier companion put in line is known when the server offers it again", () => {
		const { ledger, given } = newLedger();
		const reply = replyFromPhone("x");
		expect(ledger.prove(injectedText(reply))).toEqual([]);
		expect([ledger.known(reply), given.get(reply.ref)]).toEqual(["socket", "socket"]);
	});

	it("that comes back after a newer one goes before it again", () => {
		const { ledger } = newLedger();
		const [older, newer] = [
			{ ...replyFromPhone("first"), created_at: "2026-11-20T14:03:00.000Z" },
			{ ...replyFromPhone("second"), created_at: "2026-11-20T14:03:01.000Z" },
		];
		ledger.hold(newer, "waiting");
		ledger.hold(older, "waiting");
		expect(ledger.waiting()).toEqual([older, newer]);
		expect(ledger.take("prompt", 8)).toEqual([older, newer]);
	});

	it("that was given before this process is never brought again", () => {
		const reply = replyFromPhone("x");
		const { ledger } = newLedger(new Map([[reply.ref, "prompt"]]));
		expect(ledger.known(reply)).toBe("prompt");
		ledger.hold(reply, "waiting");
		expect(ledger.take("tool", 8)).toEqual([]);
	});

	it("keeps its place: the oldest goes first, as many as fit", () => {
		const { ledger } = newLedger();
		const replies = ["a", "b", "c"].map((text) => replyFromPhone(text));
		for (const each of replies) ledger.hold(each, "waiting");
		expect(ledger.take("prompt", 2)).toEqual(replies.slice(0, 2));
		expect(ledger.take("prompt", 2)).toEqual(replies.slice(2));
	});

	it("is proven with others that the client put in one prompt", () => {
		const { ledger } = newLedger();
		const replies = ["a", "b"].map((text) => replyFromPhone(text));
		for (const each of replies) ledger.hold(each, "socket");
		expect(ledger.prove(replies.map(injectedText).join("\n"))).toEqual(replies);
	});
});
