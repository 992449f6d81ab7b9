import { describe, expect, it } from "vitest";
import type { Channel, ChannelRegistry } from "../channels/channel.ts";
import { Lanes } from "./lanes.ts";

/** The registry's entries as far as lanes look at them. */
function registry(rates: Record<string, Channel["rate"]>): ChannelRegistry {
	return new Map(Object.entries(rates).map(([name, rate]) => [name, { name, rate } as Channel]));
}

describe("the lanes of the channels", () => {
	it("leave each channel its own places", () => {
		const lanes = new Lanes(registry({ sms: undefined, telegram: undefined }), 2);
		lanes.begin("telegram");
		lanes.begin("telegram");
		expect(lanes.room()).toEqual([{ channel: "sms", free: 2 }]);
		expect(lanes.end("telegram")).toBe(true);
		expect(lanes.room()).toContainEqual({ channel: "telegram", free: 1 });
		expect(lanes.end("telegram")).toBe(false);
	});

	it("begin no more in any second than the provider takes, and say when the next may", () => {
		let now = 0;
		const lanes = new Lanes(registry({ email: { perSecond: 3 } }), 10, () => now);
		const started: number[] = [];
		while (now < 5000) {
			for (const { channel, free } of lanes.room()) {
				for (let n = 0; n < free; n++) {
					lanes.begin(channel);
					lanes.end(channel);
					started.push(now);
				}
			}
			expect(lanes.room()).toEqual([]);
			now += lanes.pauseMs() ?? Number.NaN;
		}
		expect(started).toHaveLength(15);
		for (const at of started)
			expect(started.filter((other) => other >= at && other < at + 1000).length).toBeLessThan(4);
	});

	it("know of no pause where places are missing or nothing is limited", () => {
		const lanes = new Lanes(registry({ sms: undefined, email: { perSecond: 1 } }), 1);
		expect(lanes.pauseMs()).toBeUndefined();
		lanes.begin("email");
		expect(lanes.pauseMs()).toBeUndefined();
	});
});
