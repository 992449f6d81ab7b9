import type { ServerResponse } from "node:http";
import type { ResendError } from "./resend-rules.ts";

/** Resend's rate limit, enforced, and its quotas on demand. */
export class ResendLimits {
	/** Set it, and mails are refused until it is undefined again. */
	quotaExceeded: "daily" | "monthly" | undefined;
	readonly #perSecond: number | false;
	#windowStart = 0;
	#used = 0;

	constructor(perSecond: number | false) {
		this.#perSecond = perSecond;
	}

	/** Counts one request of the team's and puts the headers on its answer. */
	count(response: ServerResponse): ResendError | undefined {
		if (this.#perSecond === false) return undefined;
		const now = performance.now();
		if (this.#windowStart === 0 || now - this.#windowStart >= 1000) {
			this.#windowStart = now;
			this.#used = 0;
		}
		this.#used += 1;
		response.setHeader("ratelimit-limit", this.#perSecond);
		response.setHeader("ratelimit-remaining", Math.max(0, this.#perSecond - this.#used));
		response.setHeader("ratelimit-reset", 1);
		if (this.#used <= this.#perSecond) return undefined;
		response.setHeader("retry-after", 1);
		const message = `Too many requests. You can only make ${this.#perSecond} requests per second.`;
		return { status: 429, name: "rate_limit_exceeded", message };
	}

	quotaError(): ResendError | undefined {
		if (this.quotaExceeded === undefined) return undefined;
		const message = `You have reached your ${this.quotaExceeded} email sending quota.`;
		return { status: 429, name: `${this.quotaExceeded}_quota_exceeded`, message };
	}
}
