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
		expect(lanes.allowance().rooms).toEqual([{ channel: "sms", free: 2 }]);
		expect(lanes.end("telegram")).toBe(true);
		expect(lanes.allowance().rooms).toContainEqual({ channel: "telegram", free: 1 });
		expect(lanes.end("telegram")).toBe(false);
	});

	it("begin no more in any second than the provider takes, and say when the next may", () => {
		let now = 0;
		const lanes = new Lanes(registry({ email: { perSecond: 3 } }), 10, () => now);
		const started: number[] = [];
		while (now < 5000) {
			for (const { channel, free } of lanes.allowance().rooms) {
				for (let n = 0; n < free; n++) {
					lanes.begin(channel);
					lanes.end(channel);
					started.push(now);
				}
			}
			const { rooms, pauseMs } = lanes.allowance();
			expect(rooms).toEqual([]);
			now += pauseMs ?? Number.NaN;
		}
		expect(started).toHaveLength(15);
		for (const at of started)
			expect(started.filter((other) => other >= at && other < at + 1000).length).toBeLessThan(4);
	});

	it("know of no pause where places are missing or nothing is limited", () => {
		const lanes = new Lanes(registry({ sms: undefined, email: { perSecond: 1 } }), 1);
		expect(lanes.allowance().pauseMs).toBeUndefined();
		lanes.begin("email");
		expect(lanes.allowance().pauseMs).toBeUndefined();
	});

	it("say when there is more room while there is still some", () => {
		let now = 0;
		const lanes = new Lanes(registry({ email: { perSecond: 3 } }), 10, () => now);
		lanes.begin("email");
		now = 400;
		lanes.begin("email");
		expect(lanes.allowance()).toEqual({ rooms: [{ channel: "email", free: 1 }], pauseMs: 600 });
		now = 1400;
		expect(lanes.allowance()).toEqual({ rooms: [{ channel: "email", free: 3 }], pauseMs: undefined });
	});

	it("have either room or a pause, also while the clock goes on between two looks at it", () => {
		let now = 0;
		const lanes = new Lanes(registry({ email: { perSecond: 5 } }), 10, () => (now += 0.01));
		for (let n = 0; n < 5; n++) lanes.begin("email");
		for (now = 999; now < 1001; ) {
			const { rooms, pauseMs } = lanes.allowance();
			expect(rooms.length > 0 || pauseMs !== undefined, `after ${now} ms`).toBe(true);
		}
	});
});
