import type { ChannelName } from "../../src/contract/channels.ts";
import type { ChannelRegistry } from "../channels/channel.ts";

/** How many messages of a channel may be taken now. */
export interface Room {
	channel: ChannelName;
	free: number;
}

/** What the lanes allow at one instant. */
export interface Allowance {
	/** The lanes that have any room. */
	rooms: Room[];
	/** Milliseconds until a lane may use one more of its free places; undefined when no provider's rate holds one back. */
	pauseMs: number | undefined;
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

	allowance(): Allowance {
		// Read once: a second that ends between two looks would be neither room nor pause, and nothing would look again.
		const now = this.#clock();
		const rooms: Room[] = [];
		const pauses: number[] = [];
		for (const [channel, lane] of this.#lanes) {
			const places = this.#width - lane.underWay;
			const allowed = lane.perSecond - recent(lane, now);
			const free = Math.min(places, allowed);
			if (free > 0) rooms.push({ channel, free });
			const [oldest] = lane.begun;
			if (oldest !== undefined && allowed < places) pauses.push(oldest + second - now);
		}
		return { rooms, pauseMs: pauses.length === 0 ? undefined : Math.max(1, Math.min(...pauses)) };
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
}

/** How many began in the second before `now`. */
function recent(lane: Lane, now: number): number {
	while (lane.begun[0] !== undefined && lane.begun[0] <= now - second) lane.begun.shift();
	return lane.begun.length;
}
