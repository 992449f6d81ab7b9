import type { ChannelName } from "../../src/contract/channels.ts";
import type { Received } from "../inbound/inbound.ts";

/** A message in the words of its channel, already cut to the channel's length. */
export interface Message {
	/** All of it in plain text: what a channel sends that knows nothing else. */
	text: string;
	/** The same in its parts, for channels that can show which is which. Joined they are `text`. */
	parts: MessageParts;
	/** What the person may press instead of typing; empty where nothing is wanted. */
	actions: readonly Action[];
	/** Undefined for what is about no session. */
	conversation?: Conversation | undefined;
	/** False: nobody has to look up for it, and it may take the place of an older one. */
	rings: boolean;
	/** Names the recipient in the address of our own page that switches the channel off. */
	unsubscribeToken?: string | undefined;
}

/** `title`, a line break, `label`, `text`, `foot`. All are plain text: each channel escapes them for itself. */
export interface MessageParts {
	title: string;
	/** The server's own words before the text: `Error: `. */
	label: string;
	/** The agent's words, or a program's. */
	text: string;
	/** `text` is a program's output: shown as it stands, in fixed width where the channel has it. */
	log: boolean;
	/** What was held back, and how to answer; begins with its line break. */
	foot: string;
}

/** A button. `reply` is what a person would have typed instead, at most 20 characters of [a-z0-9]. */
export interface Action {
	label: string;
	reply: string;
}

/** The session that a message is about: its messages belong together, and an answer to one of them is for it. */
export interface Conversation {
	id: string;
	title: string;
	/** Sixteen characters of [a-z2-7] that only we can make: names session and recipient, and nothing else proves an answer where a provider vouches for no sender. */
	replyToken: string;
}

/**
 * What became of one attempt. `retryable` is the only thing the outbox worker branches on.
 * `reason` is a sentence for the user and holds neither the address nor a secret; `code` is the provider's own error code.
 */
export type DeliveryResult =
	| {
			ok: true;
			/** The provider's own id of the message: receipts and reply-to pointers name it. */
			providerId: string;
			segments?: number;
			/** The message is already where the person reads it, so that no receipt is waited for. */
			delivered?: true;
			/** The address has a new form from now on (a Telegram group that became a supergroup). */
			movedTo?: { address: string; label: string };
	  }
	| {
			ok: false;
			retryable: boolean;
			reason: string;
			code?: string;
			/** The provider's own wait (Retry-After), in milliseconds. */
			retryAfterMs?: number;
			/** The provider says that the person does not want messages any more. */
			optedOut?: boolean;
	  };

/** An address as a person typed it, checked and normalised; `label` is what may be shown (`+1***8912`). */
export type AddressCheck =
	| { ok: true; address: string; label: string; country: string | undefined }
	| { ok: false; message: string };

/** How `renderMessage` has to write for a channel. */
export interface MessageStyle {
	/** `gsm7`: only the GSM 03.38 basic set, since one other character doubles the price of an SMS. */
	charset: "gsm7" | "unicode";
	/** The most that the provider takes, in UTF-16 units. */
	maxLength: number;
	/** The length that an ordinary message should keep to: one SMS segment, one phone screen. */
	preferredLength: number;
	/** Said at the end of each message where the law asks for it. */
	optOutHint: string | undefined;
	/** How a person answers the session with this handle; undefined where no answer comes back. */
	replyHint: ((handle: string) => string) | undefined;
}

export interface DeliverOptions {
	/** Set by the worker: the channel never waits longer than this allows. */
	signal: AbortSignal;
	/** The same for every attempt of one delivery; passed on where the provider knows such keys. */
	idempotencyKey: string;
	/** The thread that an earlier message of this conversation was given. */
	thread?: string | undefined;
	/** Hears of another thread for this conversation, which is kept before anything is sent there: an answer can come at once. Rejects when it cannot be kept. */
	onThread?: ((thread: string) => Promise<void>) | undefined;
	/** Provider's id of the message that this one may take the place of. */
	replaces?: string | undefined;
}

/** A request of a provider's, before anything in it is believed. */
export interface WebhookRequest {
	/** Where the provider sent it, built from PUBLIC_URL: never from Host or X-Forwarded headers. */
	url: URL;
	header(name: string): string | undefined;
	/** Byte for byte as UTF-8: what signatures are made over. */
	body: string;
	signal: AbortSignal;
}

/** One address at which a provider calls us. */
export interface Webhook {
	/** `/webhooks/<provider>…` */
	path: `/webhooks/${string}`;
	summary: string;
	contentType: "application/json" | "application/x-www-form-urlencoded";
	/** Verifies, then parses. "forged" is answered with 401 and leaves no trace; a throw is answered with 5xx, and the provider sends it again. */
	receive(request: WebhookRequest): Promise<readonly Received[] | "forged">;
	/** What the provider wants to hear when it was taken; nothing and 204 otherwise. */
	answer?: { contentType: string; body: string };
}

/** What is true of a channel whether or not its provider's credentials are there; the phone simulator stands in for the rest. */
export interface ChannelDefinition {
	name: ChannelName;
	/** Words for people: "SMS". */
	title: string;
	/** Metered channels cost money a message and have the longer rate-limit window. */
	metered: boolean;
	style: MessageStyle;
	/** What a person agrees to beside the messages themselves: what they cost, how to end them. A sentence. */
	consentHint?: string;
	/** How a person who switched it off at their end goes on: "text START to switch it on again". */
	resumeHint?: string;
	/** The person opens a link in the channel instead of typing an address (`Channel.pairingLink`). */
	byLink?: true;
	/** What a person types, as an example for the form and the command: "+15551234567". */
	addressExample: string;
	/** Whether a contact without a channel's name before it is one of this channel's. */
	claims(contact: string): boolean;
	checkAddress(typed: string): AddressCheck;
}

/** One way to a person. A channel's file owns everything about it; the registry (`index.ts`) is the only list of channels. */
export interface Channel extends ChannelDefinition {
	/** Whether the provider tells later if the message arrived. */
	receipts: boolean;
	/** The most that the provider takes of one account; undefined where it names none. */
	rate?: { perSecond: number };
	/** True for the phone simulator's stand-in of a channel without credentials. */
	simulated: boolean;
	/** Sends once. Never throws for what a provider can do; an unknown SDK error is a bug and is rethrown without the SDK's object. */
	deliver(address: string, message: Message, options: DeliverOptions): Promise<DeliveryResult>;
	/** Where an address is not typed but opened: the link that brings `token` ([A-Za-z0-9_-], at most 64) back to us as a `pairing`. */
	pairingLink?(token: string): Promise<string>;
	webhooks?: readonly Webhook[];
	/**
	 * Gets messages in: registers the webhook and returns, or asks the provider for them until the signal.
	 * Runs on one server instance at a time. A throw is logged and it is called again later; its message holds no secret.
	 */
	receive?(take: (received: readonly Received[]) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** The channels that this server can send on, by name. */
export type ChannelRegistry = ReadonlyMap<ChannelName, Channel>;
