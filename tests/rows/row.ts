import { createHmac } from "node:crypto";
import type { Channel } from "../../server/channels/channel.ts";
import { configureChannels, createChannels } from "../../server/channels/index.ts";
import type { SimulatorPhone } from "../../server/simulator-phone.ts";

/** A channel beside whatever receives its messages. */
export interface OpenRow extends AsyncDisposable {
	channel: Channel;
	/** A good address of it. */
	address: string;
	/** Messages that arrived, as their receiver reads them: plain text, nothing of the markup. */
	arrived(): string[];
}

/** The same with a provider that can be told to fail. */
export interface OpenProviderRow extends OpenRow {
	/** Makes the next request meet this. */
	fail(fault: Fault): void;
	/** Makes the provider take no more messages for so many seconds, and say so. Undefined where the protocol has no words for it. */
	busy: ((seconds: number) => void) | undefined;
	/** An address that the provider refuses for good. */
	wrongAddress: string;
	/** What must never be seen outside the channel. */
	secrets: string[];
	/** Breaches of the vendor's protocol. */
	violations: string[];
	/** Lets nobody listen at the provider's address any more. */
	goAway(): Promise<void>;
}

/** What a provider can do wrong, and whether the message may be tried again then. */
export const faults = {
	hang: true,
	drip: true,
	reset: true,
	lost_answer: true,
	status_500: true,
	html_503: true,
	/** 200 with a page from something in between. */
	captive_portal: true,
	huge_answer: true,
	status_408: true,
	status_400: false,
	status_401: false,
	status_404: false,
	redirect: false,
} as const;
export type Fault = keyof typeof faults;
export const allFaults = Object.keys(faults) as Fault[];

/** One row of the conformance suite. */
export interface Row {
	name: string;
	/** Those that the provider's protocol has; none for what has no provider. */
	faults: readonly Fault[];
	open(): Promise<OpenRow | OpenProviderRow>;
}
export interface ProviderRow extends Row {
	open(): Promise<OpenProviderRow>;
}

export const context = { publicUrl: () => new URL("https://notify.example.com") };

export const mac = (purpose: string, value: string) =>
	createHmac("sha256", "test").update(`${purpose}\n${value}`).digest("base64url");

/** The channel as a server with these variables has it. */
export function connected(name: string, variables: Record<string, string>, phone?: SimulatorPhone): Channel {
	const { channels: configured, problems } = configureChannels(variables);
	if (problems.length > 0) throw new Error(problems.join("\n"));
	const channel = createChannels({ configured, context, mac, phone }).get(name);
	if (channel === undefined) throw new Error(`there is no channel ${name}`);
	return channel;
}
