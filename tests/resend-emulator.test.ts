import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ResendRig } from "./helpers/resend-rig.ts";
import { resendEvent } from "./helpers/resend-shapes.ts";

let rig: ResendRig;

beforeAll(async () => {
	rig = await ResendRig.start();
});

afterAll(() => rig[Symbol.asyncDispose]());

const raw = (body: string, more: Record<string, string> = {}) =>
	fetch(`${rig.emulator.baseUrl}/emails`, {
		method: "POST",
		headers: { authorization: `Bearer ${rig.emulator.apiKey}`, "content-type": "application/json", ...more },
		body,
	}).then(async (response) => ({ status: response.status, ...((await response.json()) as { name?: string }) }));

describe("Resend emulator: sending", () => {
	it("takes a mail from the official SDK and reports it delivered in a webhook that the SDK's own check accepts", async () => {
		const { data, error } = await rig.send({
			replyTo: "r+k9f2@in.claude-notify.dev",
			tags: [{ name: "delivery", value: "d_1" }],
			headers: { References: "<s1@mail.claude-notify.dev>", "Auto-Submitted": "auto-generated" },
		});
		expect(error).toBeNull();
		await rig.emulator.settled();
		const [webhook, ...more] = rig.webhooksOf(data?.id);
		expect(more).toEqual([]);
		const verify = {
			payload: webhook?.body ?? "",
			headers: webhook?.headers ?? { id: "", timestamp: "", signature: "" },
		};
		const verified = rig.sdk().webhooks.verify({ ...verify, webhookSecret: rig.emulator.webhookSecret });
		expect(resendEvent.parse(verified)).toMatchObject({
			type: "email.delivered",
			data: {
				email_id: data?.id,
				to: [rig.mail.to],
				tags: { delivery: "d_1" },
				headers: [
					{ name: "References", value: "<s1@mail.claude-notify.dev>" },
					{ name: "Auto-Submitted", value: "auto-generated" },
				],
			},
		});
		const taken = await rig.emulator.waitForMail((one) => one.id === data?.id);
		expect(taken).toMatchObject({ text: "done", replyTo: ["r+k9f2@in.claude-notify.dev"], html: undefined });
	});

	it.each([
		["bounced+ann@resend.dev", ["email.bounced"]],
		["complained@resend.dev", ["email.delivered", "email.complained"]],
		["suppressed@resend.dev", ["email.suppressed"]],
		["Ann <ann@gmail.com>", ["email.delivered"]],
	])("tells of %s what the vendor documents", async (to, types) => {
		const { data } = await rig.send({ to });
		await rig.emulator.settled();
		const bodies = rig.webhooksOf(data?.id).map((webhook) => JSON.parse(webhook.body) as { type: string });
		expect(bodies.map((body) => body.type)).toEqual(types);
		for (const body of bodies.filter(({ type }) => type !== "email.suppressed")) resendEvent.parse(body);
	});

	it("sends one mail for one idempotency key, and refuses the key with another body", async () => {
		const first = await rig.send({ subject: "once" }, "evt_1/email");
		const again = await rig.send({ subject: "once" }, "evt_1/email");
		expect(again.data?.id).toBe(first.data?.id);
		expect(rig.emulator.sent.filter((one) => one.subject === "once")).toHaveLength(1);
		const other = await rig.send({ subject: "twice" }, "evt_1/email");
		expect(other.error).toMatchObject({ statusCode: 409, name: "invalid_idempotent_request" });
		expect((await rig.send({}, "k".repeat(257))).error).toMatchObject({
			statusCode: 400,
			name: "invalid_idempotency_key",
		});
		expect(rig.emulator.violations.splice(0)).toHaveLength(2);
	});

	it.each([
		["example.com", { to: "ann@example.com" }, 422, "validation_error", 0],
		["test.com", { to: ["ann@gmail.com", "Bob <bob@test.com>"] }, 422, "validation_error", 0],
		["an address that is none", { to: "ann" }, 422, "validation_error", 0],
		["a domain that is not verified", { from: "me@gmail.com" }, 403, "validation_error", 0],
		["a sender that is none", { from: "me" }, 422, "invalid_from_address", 1],
		["51 recipients", { to: Array.from({ length: 51 }, (_, at) => `a${at}@gmail.com`) }, 422, "validation_error", 1],
		["no subject", { subject: "" }, 422, "missing_required_field", 1],
		["a tag with a space", { tags: [{ name: "a", value: "b c" }] }, 422, "validation_error", 1],
		["a tag of 257 characters", { tags: [{ name: "a", value: "b".repeat(257) }] }, 422, "validation_error", 1],
		["a header of two lines", { headers: { "X-A": "b\r\nBcc: eve@gmail.com" } }, 422, "validation_error", 1],
		["half a character", { text: "\ud83d" }, 422, "validation_error", 1],
	])("refuses %s", async (_what, more, statusCode, name, violations) => {
		expect((await rig.send(more)).error).toMatchObject({ statusCode, name });
		expect(rig.emulator.violations.splice(0)).toHaveLength(violations);
	});

	it("refuses what the SDK would not send: unknown and mistyped fields, no text, no JSON, a form", async () => {
		const good = rig.mail;
		expect(await raw(JSON.stringify({ ...good, replyTo: "a@gmail.com" }))).toMatchObject({ status: 422 });
		expect(await raw(JSON.stringify({ ...good, subject: 5 }))).toMatchObject({ status: 422 });
		expect(await raw(JSON.stringify({ ...good, tags: [{ name: "a", value: "b", more: 1 }] }))).toMatchObject({
			status: 422,
		});
		expect(await raw(JSON.stringify({ ...good, headers: { "X-A": 1 } }))).toMatchObject({ status: 422 });
		expect(await raw(JSON.stringify({ ...good, text: undefined }))).toMatchObject({ name: "missing_required_field" });
		expect(await raw("{")).toMatchObject({ status: 400, name: "validation_error" });
		expect(await raw("to=a", { "content-type": "application/x-www-form-urlencoded" })).toMatchObject({ status: 415 });
		expect(await raw(JSON.stringify(good))).toMatchObject({ status: 200 });
		expect(rig.emulator.violations.splice(0)).toHaveLength(7);
	});

	it("refuses wrong keys and other paths, and notes each as a violation", async () => {
		const wrong = await rig.sdk("re_wrong").emails.send(rig.mail);
		expect(wrong.error).toMatchObject({ statusCode: 403, name: "invalid_api_key" });
		expect(await raw("{}", { authorization: "Basic x" })).toMatchObject({ status: 401, name: "missing_api_key" });
		expect((await rig.sdk().domains.list()).error).toMatchObject({ statusCode: 404, name: "not_found" });
		expect(rig.emulator.violations.splice(0)).toHaveLength(3);
	});

	it("takes five requests a second and says when to come back, unless told otherwise", async () => {
		await using strict = await ResendRig.start({ rateLimit: 5 });
		const answers = await Promise.all(Array.from({ length: 7 }, () => strict.send()));
		const refused = answers.filter(({ error }) => error !== null);
		expect(refused).toHaveLength(2);
		expect(refused[0]?.error).toMatchObject({ statusCode: 429, name: "rate_limit_exceeded" });
		expect(refused[0]?.headers).toMatchObject({
			"ratelimit-limit": "5",
			"ratelimit-remaining": "0",
			"retry-after": "1",
		});
		expect(strict.emulator.sent).toHaveLength(5);
		expect(strict.emulator.violations).toEqual([]);
	});

	it.each(["daily", "monthly"] as const)("refuses while the %s quota is used up", async (quota) => {
		await using poor = await ResendRig.start();
		poor.emulator.limits.quotaExceeded = quota;
		expect((await poor.send()).error).toMatchObject({ statusCode: 429, name: `${quota}_quota_exceeded` });
		poor.emulator.limits.quotaExceeded = undefined;
		expect((await poor.send()).error).toBeNull();
	});

	it("does as it was told with the next requests, and a mail whose answer was lost is not sent again", async () => {
		await using own = await ResendRig.start();
		own.emulator.next(
			{ kind: "answer", status: 500, name: "internal_server_error" },
			{ kind: "reset" },
			{ kind: "lost_answer" },
		);
		expect((await own.send({}, "k1")).error).toMatchObject({ statusCode: 500, name: "internal_server_error" });
		expect((await own.send({}, "k1")).error).toMatchObject({ statusCode: null });
		expect((await own.send({}, "k1")).error).toMatchObject({ statusCode: null });
		const { data } = await own.send({}, "k1");
		expect(own.emulator.sent.map((one) => one.id)).toEqual([data?.id]);
		expect(own.emulator.attempts.map((attempt) => attempt.status)).toEqual([500, 0, 0, 200]);
	});

	it("never answers when told so", async () => {
		rig.emulator.next({ kind: "hang" }, { kind: "drip" });
		for (const _how of ["hang", "drip"]) {
			const { error } = await rig.sdk().emails.send(rig.mail, { signal: AbortSignal.timeout(200) });
			expect(error).toMatchObject({ statusCode: null });
		}
	});
});
