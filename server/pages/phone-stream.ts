import type { PhoneMessage, SimulatorPhone } from "../simulator-phone.ts";

export interface PhoneStreamOptions {
	/** Names this run of the server: a page of an earlier run loads itself again. */
	run: string;
	/** Sequence of the last message that the page has. */
	after: number;
	describe(message: PhoneMessage): object;
	/** Aborts when the page goes away. */
	signal: AbortSignal;
	/** True once the server is shutting down. */
	ended(): boolean;
}

/** Server-sent events: what the page missed, then every new message; `retry` brings it back after a restart. */
export function phoneStream(phone: SimulatorPhone, options: PhoneStreamOptions): Response {
	const encoder = new TextEncoder();
	let stop: (() => void) | undefined;
	const body = new ReadableStream<Uint8Array>({
		start(controller) {
			const write = (text: string) => controller.enqueue(encoder.encode(text));
			const show = (message: PhoneMessage) =>
				write(`id: ${message.seq}\ndata: ${JSON.stringify(options.describe(message))}\n\n`);
			write(`retry: 1000\nevent: run\ndata: ${options.run}\n\n`);
			for (const message of phone.messages) if (message.seq > options.after) show(message);
			const unsubscribe = phone.subscribe(show);
			const pulse = setInterval(() => {
				if (options.ended()) end();
				else write(": here\n\n");
			}, 1000);
			function end(): void {
				stop?.();
				controller.close();
			}
			stop = () => {
				clearInterval(pulse);
				unsubscribe();
				options.signal.removeEventListener("abort", end);
			};
			options.signal.addEventListener("abort", end, { once: true });
		},
		cancel: () => stop?.(),
	});
	return new Response(body, { headers: { "Content-Type": "text/event-stream; charset=utf-8" } });
}
