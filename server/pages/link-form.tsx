import { raw } from "hono/html";
import QRCode from "qrcode";
import { CodeField } from "./code-form.tsx";
import { Brand } from "./layout.tsx";
import { AskedBy, type LoginQuery, loginUrl, type OfferedChannel, Simulated, Steps } from "./login-parts.tsx";

export interface LinkFormProps {
	query: LoginQuery;
	tempToken: string;
	channel: OfferedChannel;
	/** What the person opens. */
	link: string;
	/** The same as an SVG of ours. */
	qr: string;
	problem: string | undefined;
	simulator: string | undefined;
}

/** Always dark on white, so that cameras read it on a dark page too. */
export function qrSvg(link: string): Promise<string> {
	return QRCode.toString(link, { type: "svg", margin: 4, errorCorrectionLevel: "M" });
}

/** The second step where an address is opened and not typed: the link, and the field for the code that comes there. */
export function LinkForm({ query, tempToken, channel, link, qr, problem, simulator }: LinkFormProps) {
	return (
		<>
			<Brand />
			<Steps at={2} />
			<h1>Open {channel.title} and press Start</h1>
			<p class="lead" id="code-hint">
				A six-digit code comes there. Type it here, within ten minutes.
			</p>
			<div class="open">
				<div class="qr" role="img" aria-label={`QR code of the link to ${channel.title}`}>
					{raw(qr)}
				</div>
				<div>
					<p>
						<strong>On your phone:</strong> point its camera at the square.
					</p>
					<p>
						<strong>On this device:</strong> open the link.
					</p>
					<a class="button quiet" href={link} target="_blank" rel="noreferrer">
						Open in {channel.title}
					</a>
				</div>
			</div>
			<form method="post" action="/login/confirm">
				<input type="hidden" name="temp_token" value={tempToken} />
				<CodeField problem={problem} autofocus={problem !== undefined} />
				<button class="button" type="submit">
					Connect this computer
				</button>
			</form>
			<div class="others">
				<a class="link" href={loginUrl(query)}>
					Reach me another way
				</a>
			</div>
			<Simulated channels={[channel]} simulator={simulator} sent={true} />
			<AskedBy callbackUri={query.callback_uri} />
		</>
	);
}
