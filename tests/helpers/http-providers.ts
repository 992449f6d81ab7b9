import type { Channel } from "../../server/channels/channel.ts";
import type { ChannelName } from "../../src/contract/channels.ts";
import { connected } from "../rows/row.ts";
import { answerJson, type Misdeed, refuse } from "./misbehaving-provider.ts";
import { hex, twilioVariables } from "./twilio-wire.ts";

/** A provider that is spoken to by HTTP, as far as its good and its busy answers differ from the others'. */
export interface HttpProvider {
	name: string;
	channel: ChannelName;
	address: string;
	/** The channel as a server has it whose provider is at this address. */
	connect(baseUrl: string): Channel;
	behave: Misdeed;
	/** 429 with this wait, in the provider's own way. */
	busy(wait: string): Misdeed;
	/** It says when by the header of HTTP: seconds or a date. */
	byHeader: boolean;
}

const byHeader = { busy: (wait: string) => refuse(429, { "retry-after": wait }), byHeader: true };

const twilio: HttpProvider = {
	name: "Twilio",
	channel: "sms",
	address: "+15551238912",
	connect: (baseUrl) =>
		connected(
			"sms",
			twilioVariables({ accountSid: `AC${hex(16)}`, authToken: hex(16), number: "+15005550006", baseUrl }),
		),
	behave: answerJson(201, { sid: `SM${hex(16)}`, status: "queued" }),
	...byHeader,
};

const telegram: HttpProvider = {
	name: "Telegram",
	channel: "telegram",
	address: "1000001",
	connect: (baseUrl) =>
		connected("telegram", { TELEGRAM_BOT_TOKEN: `123456789:${"A".repeat(35)}`, TELEGRAM_BASE_URL: baseUrl }),
	behave: answerJson(200, { ok: true, result: { message_id: 7, date: 1, chat: { id: 1_000_001, type: "private" } } }),
	busy: (wait) =>
		answerJson(429, {
			ok: false,
			error_code: 429,
			description: `Too Many Requests: retry after ${wait}`,
			parameters: { retry_after: /^-?\d+$/.test(wait) ? Number(wait) : wait },
		}),
	byHeader: false,
};

const resend: HttpProvider = {
	name: "Resend",
	channel: "email",
	address: "ann@example.com",
	connect: (baseUrl) =>
		connected("email", {
			RESEND_API_KEY: "re_0123456789abcdef",
			RESEND_FROM: "Claude <notify@example.com>",
			RESEND_BASE_URL: baseUrl,
		}),
	behave: answerJson(200, { id: "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794" }),
	...byHeader,
};

const ntfy: HttpProvider = {
	name: "ntfy",
	channel: "ntfy",
	address: "claude-Xk3vQ9mT2p",
	connect: (baseUrl) => connected("ntfy", { NTFY_URL: baseUrl }),
	behave: answerJson(200, { id: "m1", event: "message" }),
	...byHeader,
};

export const httpProviders: readonly HttpProvider[] = [twilio, telegram, resend, ntfy];
