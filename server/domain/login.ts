import type { ChannelName } from "../../src/contract/channels.ts";

/** One machine that has logged in: what an access token is issued for, and the refresh token that goes with it. */
export interface Login {
	userId: string;
	deviceId: string;
	/** One pairing of one device; every refresh token that descends from it. */
	familyId: string;
	refreshToken: string;
	channel: ChannelName;
	label: string;
}

/** A login ends after this many days, however often it was refreshed. */
export const loginDays = 90;
