import { Brand } from "./layout.tsx";

/** What the companion asked for; every step carries it on. */
export interface LoginQuery {
	callback_uri: string;
	state: string;
	code_challenge: string;
	code_challenge_method: "S256";
}

export function loginUrl(query: LoginQuery): string {
	return `/login?${new URLSearchParams({ ...query })}`;
}

/** What a page says of a channel. */
export interface OfferedChannel {
	name: string;
	/** Words for people: "SMS". */
	title: string;
	addressExample: string;
	/** How it can be ended, and what it costs. */
	consentHint?: string;
	simulated: boolean;
	pairingLink?: unknown;
}

/** The person opens a link instead of typing an address. */
export function needsNoAddress({ pairingLink }: OfferedChannel): boolean {
	return pairingLink !== undefined;
}

export function Steps({ at }: { at: 1 | 2 }) {
	const steps = ["Where to", "The code"];
	return (
		<ol class="steps" aria-label="Steps">
			{steps.map((name, index) => {
				const here = index + 1 === at ? { "aria-current": "step" as const } : {};
				return (
					<li class={index + 1 < at ? "past" : ""} {...here}>
						{index + 1}. {name}
					</li>
				);
			})}
		</ol>
	);
}

/** Whoever was sent here by a stranger's link can see that this page is not theirs to fill in. */
export function AskedBy({ callbackUri }: { callbackUri: string }) {
	return (
		<footer>
			<p>
				Claude Code on this computer asked for this ({new URL(callbackUri).host}). Go on only if you have just run{" "}
				<code>/notify-setup</code>.
			</p>
		</footer>
	);
}

interface SimulatedProps {
	channels: OfferedChannel[];
	/** Where the phone simulator is, when this server has one. */
	simulator: string | undefined;
	/** The code has left already. */
	sent: boolean;
}

/** Says where messages go while a channel has no provider. */
export function Simulated({ channels, simulator, sent }: SimulatedProps) {
	const page =
		simulator === undefined ? (
			"phone simulator"
		) : (
			<a href={simulator} target="_blank" rel="noreferrer">
				phone simulator
			</a>
		);
	return channels
		.filter((channel) => channel.simulated)
		.map((channel) => (
			<div class={`note for for-${channel.name}`}>
				<p>
					No provider for {channel.title} is set up here yet, so messages appear on the {page}.{" "}
					{whatToDo(channel, sent)}
				</p>
			</div>
		));
}

function whatToDo(channel: OfferedChannel, sent: boolean): string {
	if (needsNoAddress(channel)) return sent ? "The link leads there." : "";
	if (sent) return "The code is there.";
	return channel.addressExample.startsWith("+") ? "Any number will do." : "Any address will do.";
}

/** A page with one thing to say and, where there is one, one way on. */
export function Ending({ title, text, again }: { title: string; text: string; again: string | undefined }) {
	return (
		<>
			<Brand />
			<h1>{title}</h1>
			<p class="lead">
				{text.split(/(\/notify-[a-z]+)/).map((part) => (part.startsWith("/notify-") ? <code>{part}</code> : part))}
			</p>
			{again !== undefined && (
				<a class="button" href={again}>
					Start again
				</a>
			)}
		</>
	);
}
