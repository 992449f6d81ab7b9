import { z } from "zod";
import type { DeliveryResult } from "./channel.ts";

const errorCode = z
	.string()
	.regex(/^[A-Z0-9_]{1,60}$/)
	.catch("");

/** What nodemailer throws. Its `response` and its message quote the server, which quotes the address: neither is read. */
const smtpError = z.looseObject({
	code: errorCode,
	/** The system's or OpenSSL's own code, where nodemailer put one of its own in its place. */
	originalCode: errorCode,
	/** The server's answer. */
	responseCode: z.number().int().min(200).max(599).optional().catch(undefined),
	/** The step that failed: `RCPT TO`, `AUTH PLAIN`. */
	command: z.string().catch(""),
});

/** What happens to connections: the next one may be better. */
const network: ReadonlySet<string> = new Set([
	"EABORT",
	"ECONNECTION",
	"EDNS",
	"EPROTOCOL",
	"ESOCKET",
	"ESTREAM",
	"ETIMEDOUT",
]);
/** OpenSSL's and Node's codes for a certificate that does not fit and for a port that speaks no TLS. */
const noTls = /CERT|^(SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|HOSTNAME)/;

/** What became of an attempt for which nodemailer threw. What is neither the server's nor the network's doing is a bug and goes on, without the error. */
export function smtpRefusalOf(error: unknown): DeliveryResult {
	const { data } = smtpError.safeParse(error);
	if (data === undefined || data.code === "") {
		throw new Error(`nodemailer failed with ${error instanceof Error ? error.name : "a value that is no error"}.`);
	}
	const { code, originalCode, responseCode, command } = data;
	// 4xx: the server cannot do it now.
	const retryable = responseCode !== undefined && responseCode < 500;
	const shown = String(responseCode ?? (originalCode || code));
	if (code === "EAUTH" || responseCode === 530) {
		return failed(retryable, "The mail server does not accept the credentials in SMTP_URL.", shown);
	}
	if (code === "ETLS" || noTls.test(originalCode)) {
		return failed(retryable, "The mail server in SMTP_URL offers no TLS with a good certificate.", shown);
	}
	if (responseCode !== undefined) return failed(retryable, answered(responseCode, command), shown);
	if (network.has(code)) return failed(true, "The mail server could not be reached.", shown);
	throw new Error(`nodemailer failed with ${code}.`);
}

function answered(responseCode: number, command: string): string {
	if (responseCode < 500) return `The mail server takes no mail at the moment (${responseCode}).`;
	if (command.startsWith("RCPT")) return `The mail server does not take this mail address (${responseCode}).`;
	if (command.startsWith("MAIL"))
		return `The mail server does not let this server send as SMTP_FROM (${responseCode}).`;
	return `The mail server refused the mail (${responseCode}).`;
}

function failed(retryable: boolean, reason: string, code: string): DeliveryResult {
	return { ok: false, retryable, reason, code };
}
