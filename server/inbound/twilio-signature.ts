import twilio from "twilio";

export interface SignedRequest {
	/** The address that Twilio was given, built from PUBLIC_URL. */
	url: URL;
	/** X-Twilio-Signature. */
	signature: string | undefined;
	/** The form body, byte for byte. */
	body: string;
}

/**
 * The parameters, or undefined when Twilio did not sign them. All that came are checked, since Twilio adds parameters without notice.
 * The scheme has no timestamp: a replay is stopped by MessageSid being unique.
 */
export function verifyTwilio(authToken: string, { url, signature, body }: SignedRequest): URLSearchParams | undefined {
	if (signature === undefined) return undefined;
	const params = new URLSearchParams(body);
	const signed: Record<string, string | string[]> = Object.create(null);
	for (const name of new Set(params.keys())) {
		const values = params.getAll(name);
		signed[name] = values.length === 1 ? (values[0] ?? "") : values;
	}
	return twilio.validateRequest(authToken, signature, url.href, signed) ? params : undefined;
}
