import { Brand, Problem } from "./layout.tsx";
import { AskedBy, type LoginQuery, type OfferedChannel, Simulated, Steps } from "./login-parts.tsx";

export interface AddressFormProps {
	query: LoginQuery;
	channels: OfferedChannel[];
	chosen: string | undefined;
	addressProblem: string | undefined;
	consentProblem: string | undefined;
	simulator: string | undefined;
}

/** The words and the keyboard for an address, taken from the channel's own example. */
function addressField(example: string) {
	if (example.startsWith("+")) return { label: "Phone number", type: "tel", autocomplete: "tel" };
	if (/@.+\./.test(example)) return { label: "E-mail address", type: "email", autocomplete: "email" };
	return { label: "Address", type: "text", autocomplete: "off" };
}

export function AddressForm(props: AddressFormProps) {
	const { query, channels, addressProblem, consentProblem } = props;
	const [only, second] = channels;
	const field =
		only !== undefined && second === undefined
			? addressField(only.addressExample)
			: { label: "Number or address", type: "text", autocomplete: "on" };
	const describedBy = addressProblem === undefined ? "address-hint" : "address-problem address-hint";
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
				<ChannelChoice {...props} />
				<div class="field">
					<label for="address">{field.label}</label>
					<input
						id="address"
						name="address"
						type={field.type}
						autocomplete={field.autocomplete}
						maxlength={320}
						required
						autofocus={consentProblem === undefined}
						aria-describedby={describedBy}
						aria-invalid={addressProblem === undefined ? undefined : "true"}
					/>
					<div id="address-hint">
						{channels.map((channel) => (
							<p class={`hint for for-${channel.name}`}>
								{channel.addressExample.startsWith("+") ? "With the country code, like" : "Like"}{" "}
								{channel.addressExample}
							</p>
						))}
					</div>
					{addressProblem !== undefined && <Problem id="address-problem">{addressProblem}</Problem>}
				</div>
				<Consent problem={consentProblem} channels={channels} />
				<Simulated {...props} sent={false} />
				<button class="button" type="submit">
					Send code
				</button>
			</form>
			<AskedBy callbackUri={query.callback_uri} />
		</>
	);
}

function ChannelChoice({ channels, chosen }: AddressFormProps) {
	const [first, second] = channels;
	if (first === undefined) return null;
	if (second === undefined) return <input type="hidden" name="channel" value={first.name} />;
	return (
		<fieldset class="channels">
			<legend>Send messages by</legend>
			<div>
				{channels.map(({ name, title }) => (
					<label>
						<input
							type="radio"
							id={`channel-${name}`}
							name="channel"
							value={name}
							checked={name === (chosen ?? first.name)}
						/>
						<span>{title}</span>
					</label>
				))}
			</div>
		</fieldset>
	);
}

/** With several channels only the chosen one's hint is shown, without a script. */
export function hintStyles(channels: OfferedChannel[]): string {
	if (channels.length < 2) return "";
	const shown = channels.map(({ name }) => `form:has(#channel-${name}:checked) .for-${name}`).join(", ");
	return `@supports selector(:has(a)) { .for { display: none; } ${shown} { display: block; } }`;
}

/** What carriers ask for before the first message: what comes, how often, what it costs, how to stop. */
function Consent({ problem, channels }: { problem: string | undefined; channels: OfferedChannel[] }) {
	const sms = channels.some(({ name }) => name === "sms");
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
					{sms && " By SMS, message and data rates may apply; reply STOP to opt out, HELP for help."}
				</span>
			</label>
			{problem !== undefined && <Problem id="consent-problem">{problem}</Problem>}
		</div>
	);
}
