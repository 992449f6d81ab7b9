import { Brand, Problem } from "./layout.tsx";
import { AskedBy, type LoginQuery, needsNoAddress, type OfferedChannel, Simulated, Steps } from "./login-parts.tsx";

export interface AddressFormProps {
	query: LoginQuery;
	channels: OfferedChannel[];
	/** The channel's name; one that is not offered counts as none. */
	chosen: string | undefined;
	addressProblem: string | undefined;
	consentProblem: string | undefined;
	simulator: string | undefined;
}

/** The form field that holds the address for a channel: with several on offer each has its own, and only the chosen one's counts. */
export function addressFieldOf(channel: string): `address_${string}` {
	return `address_${channel}`;
}

export function AddressForm(props: AddressFormProps) {
	const { query, channels, consentProblem } = props;
	const chosen = channels.find(({ name }) => name === props.chosen) ?? channels[0];
	const [only, second] = channels;
	const single = only !== undefined && second === undefined;
	return (
		<>
			<Brand />
			<Steps at={1} />
			<h1>Where should Claude reach you?</h1>
			<p class="lead">
				You get a message when Claude Code finishes, fails or waits for you, and your answer goes back into the session.
			</p>
			<form method="post" action="/login/send">
				{Object.entries(query).map(([name, value]) => (
					<input type="hidden" name={name} value={value} />
				))}
				{single && <input type="hidden" name="channel" value={only.name} />}
				{!single && <ChannelChoice channels={channels} chosen={chosen} />}
				{channels.map((channel) => (
					<Address
						channel={channel}
						name={single ? "address" : addressFieldOf(channel.name)}
						problem={channel === chosen ? props.addressProblem : undefined}
						autofocus={channel === chosen && consentProblem === undefined}
					/>
				))}
				<Consent problem={consentProblem} channels={channels} />
				<Simulated {...props} sent={false} />
				<button class="button" type="submit">
					{single && !needsNoAddress(only) ? "Send code" : "Continue"}
				</button>
			</form>
			<AskedBy callbackUri={query.callback_uri} />
		</>
	);
}

function ChannelChoice({ channels, chosen }: { channels: OfferedChannel[]; chosen: OfferedChannel | undefined }) {
	return (
		<fieldset class="channels">
			<legend>Send messages by</legend>
			<div>
				{channels.map(({ name, title }) => (
					<label>
						<input type="radio" id={`channel-${name}`} name="channel" value={name} checked={name === chosen?.name} />
						<span>{title}</span>
					</label>
				))}
			</div>
		</fieldset>
	);
}

/** The words and the keyboard for an address, taken from the channel's own example. */
function fieldKind({ addressExample, title }: OfferedChannel) {
	if (addressExample.startsWith("+")) return { label: "Phone number", type: "tel", autocomplete: "tel" };
	if (/@.+\./.test(addressExample)) return { label: "E-mail address", type: "email", autocomplete: "email" };
	return { label: `${title} address`, type: "text", autocomplete: "off" };
}

interface AddressProps {
	channel: OfferedChannel;
	name: string;
	problem: string | undefined;
	autofocus: boolean;
}

/** Not `required`: a browser refuses to send a form for an empty field that it does not show. */
function Address({ channel, name, problem, autofocus }: AddressProps) {
	const id = name === "address" ? "address" : `address-${channel.name}`;
	const shown = `field for for-${channel.name}`;
	if (needsNoAddress(channel)) {
		return (
			<div class={shown}>
				<p class="hint">No number needed: the next page has a link to open in {channel.title}.</p>
				{problem !== undefined && <Problem id={`${id}-problem`}>{problem}</Problem>}
			</div>
		);
	}
	const { label, type, autocomplete } = fieldKind(channel);
	return (
		<div class={shown}>
			<label for={id}>{label}</label>
			<input
				id={id}
				name={name}
				type={type}
				autocomplete={autocomplete}
				maxlength={320}
				required={name === "address"}
				autofocus={autofocus}
				aria-describedby={problem === undefined ? `${id}-hint` : `${id}-problem ${id}-hint`}
				aria-invalid={problem === undefined ? undefined : "true"}
			/>
			<p class="hint" id={`${id}-hint`}>
				{type === "tel" ? "With the country code, like" : "Like"} {channel.addressExample}
			</p>
			{problem !== undefined && <Problem id={`${id}-problem`}>{problem}</Problem>}
		</div>
	);
}

/** With several channels only what is about the chosen one is shown, without a script. */
export function choiceStyles(channels: OfferedChannel[]): string {
	if (channels.length < 2) return "";
	const shown = channels.map(({ name }) => `form:has(#channel-${name}:checked) .for-${name}`).join(", ");
	return `@supports selector(:has(a)) { .for { display: none; } ${shown} { display: revert; } }`;
}

/** What carriers ask for before the first message: what comes, how often, what it costs, how to stop. */
function Consent({ problem, channels }: { problem: string | undefined; channels: OfferedChannel[] }) {
	return (
		<div class="field">
			<label class="consent">
				<input
					type="checkbox"
					name="consent"
					value="yes"
					required
					autofocus={problem !== undefined}
					aria-describedby={problem === undefined ? undefined : "consent-problem"}
				/>
				<span>
					Send me messages from claude-notify about my Claude Code sessions. How many depends on my sessions.
					{channels.map(
						({ name, consentHint }) =>
							consentHint !== undefined && <span class={`for for-${name}`}> {consentHint}</span>,
					)}
				</span>
			</label>
			{problem !== undefined && <Problem id="consent-problem">{problem}</Problem>}
		</div>
	);
}
