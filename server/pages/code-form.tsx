import { Brand, Problem } from "./layout.tsx";
import { AskedBy, type LoginQuery, loginUrl, type OfferedChannel, Simulated, Steps } from "./login-parts.tsx";

export interface CodeFormProps {
	query: LoginQuery;
	tempToken: string;
	channel: OfferedChannel | undefined;
	label: string;
	sendsLeft: number;
	problem: string | undefined;
	/** Said when a new code has left. */
	resent: boolean;
	/** Whether there is another channel to choose. */
	alone: boolean;
	simulator: string | undefined;
}

export function CodeForm(props: CodeFormProps) {
	const { query, tempToken, channel, label, sendsLeft, problem, resent, alone, simulator } = props;
	return (
		<>
			<Brand />
			<Steps at={2} />
			<h1>Type the code here</h1>
			<p class="lead" id="code-hint" role={resent ? "status" : undefined}>
				{resent ? "A new six-digit code went to " : "A six-digit code went to "}
				<strong>{label}</strong>
				{channel === undefined ? "" : ` by ${channel.title}`}.{" "}
				{resent ? "The one before no longer works." : "It works for ten minutes."}
			</p>
			<form method="post" action="/login/confirm">
				<input type="hidden" name="temp_token" value={tempToken} />
				<CodeField problem={problem} autofocus={true} />
				<button class="button" type="submit">
					Connect this computer
				</button>
			</form>
			<div class="others">
				{sendsLeft > 0 && (
					<form method="post" action="/login/resend">
						<input type="hidden" name="temp_token" value={tempToken} />
						<button class="link" type="submit">
							Send a new code
						</button>
					</form>
				)}
				<a class="link" href={loginUrl(query)}>
					{alone ? "Use another number" : "Reach me another way"}
				</a>
			</div>
			{channel !== undefined && <Simulated channels={[channel]} simulator={simulator} sent={true} />}
			<AskedBy callbackUri={query.callback_uri} />
		</>
	);
}

/** The six digits; what they are is said by the page's `code-hint`. */
export function CodeField({ problem, autofocus }: { problem: string | undefined; autofocus: boolean }) {
	return (
		<div class="field">
			<label for="code">Code</label>
			<input
				class="code"
				id="code"
				name="code"
				type="text"
				inputmode="numeric"
				autocomplete="one-time-code"
				pattern="\s*([0-9]\s*){6}"
				title="Six digits"
				maxlength={12}
				placeholder="······"
				required
				autofocus={autofocus}
				aria-describedby={problem === undefined ? "code-hint" : "code-problem code-hint"}
				aria-invalid={problem === undefined ? undefined : "true"}
			/>
			{problem !== undefined && <Problem id="code-problem">{problem}</Problem>}
		</div>
	);
}
