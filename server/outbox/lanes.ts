import type { ChannelName } from "../../src/contract/channels.ts";
import type { ChannelRegistry } from "../channels/channel.ts";

/** How many messages of a channel may be taken now. */
export interface Room {
	channel: ChannelName;
	free: number;
}

interface Lane {
	underWay: number;
	perSecond: number;
	/** When the last second's messages began, oldest first; kept only where the provider has a limit. */
	begun: number[];
}

const second = 1000;

/** One lane for each channel: what a provider is slow at or refuses takes up no place of another's. */
export class Lanes {
	readonly #lanes: ReadonlyMap<ChannelName, Lane>;
	readonly #width: number;
	readonly #clock: () => number;

	constructor(channels: ChannelRegistry, width: number, clock = () => performance.now()) {
		this.#width = width;
		this.#clock = clock;
		this.#lanes = new Map(
			[...channels].map(([name, { rate }]) => [
				name,
				{ underWay: 0, perSecond: rate?.perSecond ?? Number.POSITIVE_INFINITY, begun: [] },
			]),
		);
	}

	/** The lanes that have any. */
	room(): Room[] {
		const rooms = [...this.#lanes].map(([channel, lane]) => {
			const free = Math.min(this.#width - lane.underWay, lane.perSecond - this.#recent(lane));
			return { channel, free };
		});
		return rooms.filter(({ free }) => free > 0);
	}

	/** Milliseconds until a lane that has free places may use one; undefined when none waits for that alone. */
	pauseMs(): number | undefined {
		const pauses = [...this.#lanes.values()].flatMap((lane) => {
			const [oldest] = lane.begun;
			const held = lane.underWay < this.#width && this.#recent(lane) >= lane.perSecond;
			return held && oldest !== undefined ? [oldest + second - this.#clock()] : [];
		});
		return pauses.length === 0 ? undefined : Math.max(1, Math.min(...pauses));
	}

	begin(channel: ChannelName): void {
		const lane = this.#lanes.get(channel);
		if (lane === undefined) return;
		lane.underWay += 1;
		if (Number.isFinite(lane.perSecond)) lane.begun.push(this.#clock());
	}

	/** True when it was full: others may have been waiting for just this place. */
	end(channel: ChannelName): boolean {
		const lane = this.#lanes.get(channel);
		if (lane === undefined) return false;
		lane.underWay -= 1;
		return lane.underWay + 1 >= this.#width;
	}

	#recent(lane: Lane): number {
		const since = this.#clock() - second;
		while (lane.begun[0] !== undefined && lane.begun[0] <= since) lane.begun.shift();
		return lane.begun.length;
	}
}
