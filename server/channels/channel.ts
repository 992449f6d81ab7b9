import type { ChannelName } from "../../src/contract/channels.ts";

/** A message in the words of its channel, already cut to the channel's length. */
export interface Message {
	text: string;
}

/**
 * What became of one attempt. `retryable` is the only thing the outbox worker branches on.
 * `reason` is a sentence for the user and holds neither the address nor a secret; `code` is the provider's own error code.
 */
export type DeliveryResult =
	| {
			ok: true;
			providerId: string;
			segments?: number;
			/** The message is already where the person reads it, so that no receipt is waited for. */
			delivered?: true;
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
}

export interface DeliverOptions {
	/** Set by the worker: the channel never waits longer than this allows. */
	signal: AbortSignal;
	/** The same for every attempt of one delivery; passed on where the provider knows such keys. */
	idempotencyKey: string;
}

/** One way to a person. A channel's file owns everything about it; the registry (`index.ts`) is the only list of channels. */
export interface Channel {
	name: ChannelName;
	/** Words for people: "SMS". */
	title: string;
	/** Metered channels cost money a message and have the longer rate-limit window. */
	metered: boolean;
	/** Whether the provider tells later if the message arrived. */
	receipts: boolean;
	/** True for the phone simulator's stand-in of a channel without credentials. */
	simulated: boolean;
	style: MessageStyle;
	/** What a person types, as an example for the form and the command: "+15551234567". */
	addressExample: string;
	checkAddress(typed: string): AddressCheck;
	/** Sends once. Never throws for what a provider can do; an unknown SDK error is a bug and is rethrown without the SDK's object. */
	deliver(address: string, message: Message, options: DeliverOptions): Promise<DeliveryResult>;
}

/** What is true of a channel whether or not its provider's credentials are there; the phone simulator stands in for the rest. */
export type ChannelDefinition = Omit<Channel, "deliver" | "receipts" | "simulated">;

/** The channels that this server can send on, by name. */
export type ChannelRegistry = ReadonlyMap<ChannelName, Channel>;
