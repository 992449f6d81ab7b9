import type { ChannelName } from "../../src/contract/channels.ts";

/** What a provider brought us: a person's message, a report of what became of ours, or somebody who opened a pairing link. */
export type Received =
	| { kind: "message"; message: Inbound }
	| { kind: "receipt"; receipt: StatusReceipt }
	| { kind: "pairing"; opened: OpenedPairing };

/** One message from a person, the same whichever provider brought it. Everything in it is data that a stranger may have written. */
export interface Inbound {
	provider: string;
	/** The provider's own id of the message: the same id again is a redelivery. */
	providerEventId: string;
	channel: ChannelName;
	/** Who wrote it, as the provider vouches for it: the address of an identity. */
	sender: string;
	text: string;
	/** What the message itself points at. SMS points at nothing. */
	pointer?: Pointer | undefined;
	/** The provider vouches for no sender: without a token that fits, whoever wrote it is a stranger. */
	tokenRequired?: true;
	/** Written where people also talk to each other: what points at nothing of ours is not for us. */
	pointerRequired?: true;
	/** Set when the provider itself took the text for an opt-out keyword, or has commands for it. */
	keyword?: CarrierKeyword | undefined;
	/** Says a few words back at once, where the provider waits for that (a pressed button). Never called for strangers. */
	acknowledge?: ((words: string) => Promise<void>) | undefined;
}

/** How a provider says what an answer is an answer to. The first that names a session of the sender's counts. */
export interface Pointer {
	/** Our own `Conversation.replyToken`, from a button or an address. */
	token?: string | undefined;
	/** The provider's id of our message that was answered. */
	message?: string | undefined;
	/** The provider's thread that it was written in. */
	thread?: string | undefined;
}

/** What a reserved word asks for. By SMS the carrier answers all three itself. */
export type CarrierKeyword = "stop" | "start" | "help";

/** Somebody came by the link of a pairing: the address is theirs, as the provider vouches for it. */
export interface OpenedPairing {
	channel: ChannelName;
	token: string;
	address: string;
	/** The address as it may be shown. */
	label: string;
}

/** What a provider says became of a message, the same whichever provider says it. */
export interface StatusReceipt {
	channel: ChannelName;
	providerId: string;
	/** Ours, where the callback carries it: it is known before the provider's own id is stored. */
	deliveryId: string | undefined;
	state: "sent" | "delivered" | "failed";
	/** The provider's own word, with its error code. */
	receipt: string;
	/** Why it failed, in words for the user. */
	reason: string | undefined;
	/** The person does not want messages any more. */
	optedOut: boolean;
}
