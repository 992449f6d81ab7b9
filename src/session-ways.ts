import { Doorbell, doorbellPath } from "./inbox/doorbell.ts";
import type { MessagingSocket } from "./inbox/socket.ts";
import type { ChannelEvent, SessionWays } from "./inbox/ways.ts";
import { clientArguments, hasOurChannel } from "./state/client-process.ts";
import { refusesMessages } from "./state/client-settings.ts";

export interface WaysInto {
	home: string;
	clientPid: number;
	socket: MessagingSocket | undefined;
	/** The client's settings files. */
	settingsFiles: string[];
	sendEvent: (event: ChannelEvent) => Promise<void>;
}

/** What leads into the sessions of this client. */
export function waysInto({ home, clientPid, socket, settingsFiles, sendEvent }: WaysInto): SessionWays {
	const path = doorbellPath(home, clientPid);
	return {
		socket,
		refused: () => refusesMessages(settingsFiles),
		channel: hasOurChannel(clientArguments(clientPid)) ? sendEvent : undefined,
		doorbell: Doorbell.fits(path, process.platform) ? new Doorbell(path) : undefined,
	};
}
