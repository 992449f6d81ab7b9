import { describe, expect, it } from "vitest";
import { failureOf, isTopicGone, isUnchanged, isUneditable, isUnparsable } from "./telegram-refusal.ts";

const refusal = (status: number, description = "", more: { retryAfterSeconds?: number } = {}) => ({
	status,
	description,
	retryAfterSeconds: undefined,
	migratedTo: undefined,
	...more,
});
const blocked = "Forbidden: bot was blocked by the user";

describe("a refusal of Telegram's", () => {
	it.each([
		[403, blocked, /blocked the bot.*\/start/, true],
		[403, "Forbidden: bot was kicked from the supergroup chat", /not in the Telegram group/, true],
		[403, "Forbidden: bot is not a member of the channel chat", /not in the Telegram group/, true],
		[403, "Forbidden: user is deactivated", /does not exist/, true],
		[403, "Forbidden: bot can't initiate conversation with a user", /\/notify-setup telegram/, false],
		[403, "Forbidden: something new", /refused the message \(403\)/, false],
		[400, "Bad Request: chat not found", /does not know this chat.*open the bot's link/, false],
		[400, "Bad Request: not enough rights to send text messages to the chat", /may not write/, false],
		[400, `Bad Request: ${blocked}`, /refused the message \(400\)/, false],
		[401, "Unauthorized", /TELEGRAM_BOT_TOKEN/, false],
		[404, "Not Found", /TELEGRAM_BOT_TOKEN/, false],
		[302, "", /refused/, false],
	])("%i %s is final", (status, description, reason, optedOut) => {
		const failure = failureOf(refusal(status, description));
		expect(failure).toMatchObject({ ok: false, retryable: false, code: String(status) });
		expect(failure.reason).toMatch(reason);
		expect(failure.optedOut ?? false).toBe(optedOut);
	});

	it.each([0, 408, 429, 500, 502, 503])("%i may go better next time", (status) => {
		expect(failureOf(refusal(status, blocked))).toMatchObject({ retryable: true });
	});

	it("says how long to wait", () => {
		const failure = failureOf(refusal(429, "Too Many Requests: retry after 7", { retryAfterSeconds: 7 }));
		expect(failure).toMatchObject({ retryable: true, retryAfterMs: 7000 });
		expect(failureOf(refusal(429))).not.toHaveProperty("retryAfterMs");
	});

	it("never passes Telegram's own sentence on", () => {
		const failure = failureOf(refusal(400, "Bad Request: chat -1002100000013 is odd"));
		expect(JSON.stringify(failure)).not.toContain("-1002100000013");
	});

	it.each([
		[isUnparsable, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0'],
		[isUnchanged, "Bad Request: message is not modified: specified new message content and reply markup are …"],
		[isUneditable, "Bad Request: message to edit not found"],
		[isUneditable, "Bad Request: message can't be edited"],
		[isTopicGone, "Bad Request: message thread not found"],
		[isTopicGone, "Bad Request: TOPIC_CLOSED"],
	])("is known by its sentence: %s %s", (is, description) => {
		expect(is(refusal(400, description))).toBe(true);
		expect(is(refusal(403, description))).toBe(false);
		expect(is(refusal(400, "Bad Request: chat not found"))).toBe(false);
	});
});
