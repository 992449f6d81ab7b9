import type { DeliveryResult } from "./channel.ts";
import { noAnswer, tooLong } from "./email-resend-http.ts";
import { providerClock, retryAfterMs } from "./retry-after.ts";

export interface ResendFailure {
	/** Null where there was no answer that could be read. */
	statusCode: number | null;
	/** Resend's own code (https://resend.com/docs/api-reference/errors), or one of ours. */
	code: string;
	headers: Record<string, string> | null;
}

const wrongKey = "Resend does not accept this server's key (RESEND_API_KEY).";
const wrongSender = "Resend does not let this server send from its address (RESEND_FROM).";
const unreadable = "Resend's answer could not be read.";

/** Resend's codes in words for the user. */
const words: Readonly<Record<string, string>> = {
	missing_api_key: wrongKey,
	invalid_api_key: wrongKey,
	restricted_api_key: wrongKey,
	invalid_from_address: wrongSender,
	rate_limit_exceeded: "Resend takes no more mails at the moment.",
	daily_quota_exceeded: "This server has sent as many mails as its Resend account may send in a day.",
	monthly_quota_exceeded: "This server has sent as many mails as its Resend account may send in a month.",
	invalid_idempotent_request: "Resend already has another mail with this message's id.",
	concurrent_idempotent_requests: "Resend is still busy with this mail.",
	[noAnswer]: "Resend could not be reached.",
	[tooLong]: unreadable,
	"": unreadable,
};

/** The same words for what has no code of its own. */
const byStatus: Readonly<Record<number, string>> = {
	401: wrongKey,
	403: wrongSender,
	422: "Resend refused the mail: the address is none that it delivers to.",
};

/** Codes whose status says too little. */
const passing: ReadonlySet<string> = new Set(["concurrent_idempotent_requests", tooLong]);
const final: ReadonlySet<string> = new Set(["monthly_quota_exceeded"]);

/** What became of an attempt that Resend did not take. */
export function refusalOf({ statusCode, code, headers }: ResendFailure): DeliveryResult {
	const wait = retryAfterMs(headers?.["retry-after"], providerClock(headers?.["date"]));
	const shown = code === "" ? String(statusCode ?? "") : code;
	return {
		ok: false,
		retryable: isPassing(statusCode, code),
		reason: reasonOf(statusCode, code),
		...(shown === "" ? {} : { code: shown }),
		...(wait === undefined ? {} : { retryAfterMs: wait }),
	};
}

function isPassing(status: number | null, code: string): boolean {
	if (final.has(code)) return false;
	return status === null || passing.has(code) || status === 429 || status === 408 || status >= 500;
}

function reasonOf(status: number | null, code: string): string {
	if (code !== "" || status === null) {
		const known = words[code];
		if (known !== undefined) return known;
	}
	return (status === null ? undefined : byStatus[status]) ?? `Resend refused the mail (${code || `status ${status}`}).`;
}
