import type { Channel } from "../channels/channel.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { plainMessage } from "./render-message.ts";

export interface CodeToSend {
	pairingId: string;
	/** Which of the pairing's codes this is. */
	sends: number;
	address: string;
	label: string;
	code: string;
}

/** Sends directly and not by the outbox: the person is waiting, and the code must not be stored. Throws AppError when the provider refuses. */
export async function sendCode(deps: Pick<Deps, "log">, channel: Channel, send: CodeToSend): Promise<void> {
	const result = await channel.deliver(send.address, plainMessage(codeText(channel, send.code)), {
		signal: AbortSignal.timeout(15_000),
		idempotencyKey: `pairing-${send.pairingId}-${send.sends}`,
	});
	const fields = { pairing: send.pairingId, channel: channel.name, to: send.label };
	if (result.ok) {
		deps.log.info(fields, "pairing code sent");
		return;
	}
	deps.log.warn({ ...fields, provider_code: result.code, reason: result.reason }, "pairing code not sent");
	if (result.retryable) {
		throw new AppError("unavailable", "The code could not be sent just now. Try again in a minute.", {
			retryAfter: 60,
		});
	}
	throw new AppError("invalid_request", `The code could not be sent: ${result.reason}`);
}

/** The code is the only group of digits, so that phones offer it and nobody types another; the rest is what carriers ask of a first SMS. */
export function codeText(channel: Pick<Channel, "name">, code: string): string {
	const text = `claude-notify code: ${code}. Good for ten minutes, never share it.`;
	if (channel.name !== "sms") return text;
	return `${text} Reply STOP to opt out, HELP for help. Msg&data rates may apply.`;
}
