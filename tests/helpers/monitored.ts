import type { Loop } from "./loop.ts";
import type { ClientOptions, Tui } from "./real-client.ts";

/** The real client in a terminal, with a session that is monitored under this name. */
export async function startMonitored(
	loop: Loop,
	description: string,
	options: Partial<ClientOptions> = {},
): Promise<Tui> {
	const tui = await loop.tui(options);
	await tui.type(`/notify-start "${description}"`);
	await tui.waitForScreen(/monitor/i);
	return tui;
}

/** One finished turn: the session is idle and its phone has been told. */
export async function finishTurn(loop: Loop, tui: Tui, told = /Completed successfully!/): Promise<void> {
	const before = loop.model.requests.length;
	await tui.type("begin");
	await loop.model.waitForRequest((request) => loop.model.requests.indexOf(request) >= before);
	await loop.phone.waitFor(told);
}

/** Fits a request whose new part says so. */
export const said = (words: string) => (request: { newText: string }) => request.newText.includes(words);
