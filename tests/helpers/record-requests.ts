import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** One request as a provider's emulator got it: what `judge-requests.mjs` holds against the vendor's own specification. */
export interface RecordedRequest {
	provider: "twilio" | "telegram" | "resend" | "stripe" | "discord";
	method: string;
	/** Without host, with its query. */
	path: string;
	contentType: string;
	body: string;
}

const file = resolve(import.meta.dirname, "../../test-results/provider-requests.jsonl");

/** Appends in one write, so that test files which run side by side do not mix their lines. */
export function recordRequest(request: RecordedRequest): void {
	mkdirSync(dirname(file), { recursive: true });
	appendFileSync(file, `${JSON.stringify(request)}\n`);
}
