import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Received } from "../inbound/inbound.ts";
import type { Channel, ChannelDefinition, DeliveryResult, Message, WebhookRequest } from "./channel.ts";
import { type JsonRequest, postJson, refused } from "./post-json.ts";
import { type ChannelContext, defineProvider, isLoopbackAddress, urlVariable } from "./provider.ts";
import type { ChannelEntry } from "./registry.ts";

const topic = /^[A-Za-z0-9_-]{12,64}$/;
const example = "ntfy:claude-Xk3vQ9mT2p";

const definition: ChannelDefinition = {
	name: "ntfy",
	title: "ntfy",
	metered: false,
	style: {
		charset: "unicode",
		// ntfy makes an attachment of what has more than 4,096 bytes, and a UTF-16 unit can have three.
		maxLength: 1300,
		preferredLength: 600,
		optOutHint: undefined,
		// The app has buttons, and nowhere to type.
		replyHint: undefined,
	},
	addressExample: example,
	claims: () => false,
	checkAddress(typed) {
		if (topic.test(typed)) return { ok: true, address: typed, label: `${typed.slice(0, 3)}***`, country: undefined };
		const message = `The topic alone keeps others from reading along: 12 to 64 letters, digits, - and _, like ${example}.`;
		return { ok: false, message };
	},
};

interface NtfyOptions extends ChannelContext {
	server: URL;
	token: string | undefined;
}

/** What stands in a button and comes back when it is pressed. The signature covers the rest: whoever reads the topic can send nothing else. */
const press = z.strictObject({
	delivery: z.string().max(100),
	topic: z.string().regex(topic),
	token: z.string().max(40),
	reply: z.string().max(20),
	signature: z.string().max(100),
});
type Press = z.infer<typeof press>;

const replyPath = "/webhooks/ntfy/reply";

function ntfyChannel(options: NtfyOptions): Channel {
	const { server: url, token } = options;
	const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
	return {
		...definition,
		simulated: false,
		receipts: false,
		webhooks: [
			{
				path: replyPath,
				summary: "A button of a message on ntfy was pressed",
				contentType: "application/json",
				receive: (request) => Promise.resolve(pressed(options, request)),
			},
		],
		deliver(address, message, { signal, idempotencyKey }) {
			const body = { topic: address, ...content(message), actions: buttons(options, address, message, idempotencyKey) };
			return publish({ url, headers, body, signal });
		},
	};
}

function content({ text, parts, rings }: Message) {
	const priority = rings ? 4 : 2;
	if (parts.title === "") return { message: text, priority };
	return { title: parts.title, message: `${parts.label}${parts.text}${parts.foot}`.trim(), priority };
}

function buttons(options: NtfyOptions, address: string, { actions, conversation }: Message, delivery: string) {
	const base = options.publicUrl();
	// The phone presses from anywhere: an address that only this machine has is no use to it.
	const reachable = base.protocol === "https:" || isLoopbackAddress(options.server.hostname);
	if (!reachable || conversation === undefined) return [];
	return actions.slice(0, 3).map(({ label, reply }) => {
		const unsigned = { delivery, topic: address, token: conversation.replyToken, reply };
		return {
			action: "http",
			label,
			url: new URL(replyPath, base).href,
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ ...unsigned, signature: signatureOf(options, unsigned) }),
			clear: true,
		};
	});
}

function signatureOf({ sign }: ChannelContext, { delivery, topic, token, reply }: Omit<Press, "signature">): string {
	return sign(JSON.stringify([delivery, topic, token, reply]));
}

function pressed(context: ChannelContext, { body }: WebhookRequest): readonly Received[] | "forged" {
	const parsed = press.safeParse(jsonOf(body));
	if (!parsed.success) return "forged";
	const { delivery, topic: sender, token, reply, signature } = parsed.data;
	const expected = Buffer.from(signatureOf(context, parsed.data));
	const given = Buffer.from(signature);
	if (given.length !== expected.length || !timingSafeEqual(given, expected)) return "forged";
	const message = {
		provider: "ntfy",
		// Pressed twice it is still one answer.
		providerEventId: `${delivery}:${reply}`,
		channel: definition.name,
		sender,
		text: reply,
		pointer: { token },
		tokenRequired: true,
	} as const;
	return [{ kind: "message", message }];
}

function jsonOf(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}

const published = z.object({ id: z.string().min(1).max(100) });
const refusal = z.object({ code: z.int() });

/** Of https://github.com/binwiederhier/ntfy, server/errors.go. */
const words: Readonly<Record<number, string>> = {
	40009: "The ntfy server does not take that topic.",
	40010: "The ntfy server does not take that topic.",
	40101: "The ntfy server does not accept this server's NTFY_TOKEN.",
	40301: "The ntfy server lets this server not write to that topic (see NTFY_TOKEN).",
	42908: "The ntfy server takes no more messages today.",
};

async function publish(request: JsonRequest): Promise<DeliveryResult> {
	const answer = await postJson(request);
	if (answer === undefined) return { ok: false, retryable: true, reason: "The ntfy server could not be reached." };
	if (answer.status === 200) {
		const message = published.safeParse(answer.body);
		if (message.success) return { ok: true, providerId: message.data.id };
		return { ok: false, retryable: true, reason: "The ntfy server's answer could not be read." };
	}
	const code = refusal.safeParse(answer.body).data?.code ?? answer.status;
	return refused(answer, words[code] ?? `The ntfy server refused the message (${code}).`, String(code));
}

const provider = defineProvider({
	title: "ntfy",
	env: {
		NTFY_URL: urlVariable
			.refine(({ protocol, hostname }) => protocol === "https:" || isLoopbackAddress(hostname), {
				message: "must be https (plain http only for 127.0.0.1 or [::1])",
			})
			.refine((url) => url.href === `${url.origin}/`, { message: "must be an origin only, like https://ntfy.sh" })
			.describe("The ntfy server: https://ntfy.sh, or your own"),
		NTFY_TOKEN: z
			.string()
			.regex(/^tk_[A-Za-z0-9]{8,64}$/, { error: "must be an access token like tk_…" })
			.describe("Access token, for topics that are protected")
			.optional(),
	},
	connect: ({ NTFY_URL, NTFY_TOKEN }, context) => ntfyChannel({ ...context, server: NTFY_URL, token: NTFY_TOKEN }),
});

export const ntfy: ChannelEntry = { definition, providers: [provider] };
