import { expect, it } from "vitest";
import { replyFromPhone } from "../../tests/helpers/scripted-server.ts";
import { until } from "../../tests/helpers/until.ts";
import type { DeliveryWay } from "../contract/inbox.ts";
import { createLog } from "../log.ts";
import { HandOver } from "./hand-over.ts";
import { ReplyLedger } from "./ledger.ts";
import { injectedText } from "./texts.ts";

it("offers a reply that the session never shows three times by each way, and keeps it for the next prompt (row 158)", async () => {
	const texts: string[] = [];
	const given = new Map<string, DeliveryWay>();
	const ledger = new ReplyLedger({ via: (ref) => given.get(ref), add: (ref, via) => void given.set(ref, via) });
	const ways = {
		socket: undefined,
		refused: () => false,
		channel: ({ content }: { content: string }) => Promise.resolve(void texts.push(content)),
		doorbell: undefined,
	};
	const log = createLog("error", () => undefined);
	const handOver = new HandOver({ ways, ledger, log, onInLine: () => undefined, againMs: 20 });
	const reply = replyFromPhone("run the tests");
	ledger.hold(reply, "waiting");
	handOver.awake();
	await handOver.bring();
	await until(
		() => texts.length === 3 && ledger.placeOf(reply.ref) === "waiting",
		30_000,
		() => `${texts.length} times`,
	);
	expect(texts).toEqual([1, 2, 3].map(() => injectedText(reply)));
	// A turn's end is no reason to try a fourth time.
	await handOver.turnEnded();
	expect(texts).toHaveLength(3);
	expect(ledger.take("prompt", 8)).toEqual([reply]);
	handOver.close();
});
