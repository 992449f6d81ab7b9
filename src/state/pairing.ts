import { join } from "node:path";
import * as z from "zod";
import { channelName } from "../contract/channels.ts";
import { moveAside, readIfThere, removeFile, writePrivateFile } from "./files.ts";

/** A pairing whose code is on its way to the phone. On disk, because `/notify-pair` may be typed in another session. */
const pendingPairing = z.object({
	server: z.string(),
	temp_token: z.string(),
	code_verifier: z.string(),
	state: z.string(),
	expires_at: z.iso.datetime(),
	channel: channelName,
});
export type PendingPairing = z.infer<typeof pendingPairing>;

export function readPairing(home: string, now: Date): PendingPairing | undefined {
	const path = pathIn(home);
	const text = readIfThere(path);
	if (text === undefined) return undefined;
	try {
		const pairing = pendingPairing.parse(JSON.parse(text));
		if (new Date(pairing.expires_at) > now) return pairing;
		removeFile(path);
	} catch {
		moveAside(path, now);
	}
	return undefined;
}

export function writePairing(home: string, pairing: PendingPairing): void {
	writePrivateFile(pathIn(home), JSON.stringify(pairing));
}

export function removePairing(home: string): void {
	removeFile(pathIn(home));
}

function pathIn(home: string): string {
	return join(home, "pairing.json");
}
