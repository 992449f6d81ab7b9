import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { inboxPage } from "../../src/contract/inbox.ts";
import { keepAlive } from "./keep-alive.ts";

// The companions: each waits at the server again and again, and says at once what it got, on the clock that all processes share.
const [origin = "", file = ""] = process.argv.slice(2);
const sessions: { id: string; token: string }[] = JSON.parse(await readFile(file, "utf8"));
const client = keepAlive(new URL(origin), sessions.length);
const now = () => Number(process.hrtime.bigint()) / 1e6;

async function waitFor({ id, token }: (typeof sessions)[number]): Promise<never> {
	for (let after = 0; ; ) {
		const headers = { authorization: `Bearer ${token}` };
		const { status, text } = await client.send("GET", `/v1/sessions/${id}/inbox?wait=25&after=${after}`, headers);
		const at = now();
		if (status === 204) continue;
		if (status === 503) {
			// A companion comes again then, too.
			await sleep(1000);
			continue;
		}
		if (status !== 200) throw new Error(`${status} ${text}`);
		const page = inboxPage.parse(JSON.parse(text));
		after = page.cursor;
		for (const message of page.messages) process.send?.({ text: message.text, at });
	}
}

process.on("disconnect", () => process.exit(0));
for (const session of sessions) {
	waitFor(session).catch((error: unknown) => process.send?.({ failed: String(error) }));
	// Not all in one moment: the bench is about waiting, not about arriving.
	await sleep(2);
}
