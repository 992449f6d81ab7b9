import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppDeps } from "../app-deps.ts";
import { receiveInbound } from "../domain/receive-inbound.ts";
import { recordReceipt } from "../domain/record-receipt.ts";
import { AppError } from "../errors.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { emptyTwiml, parseTwilioMessage } from "../inbound/twilio-message.ts";
import { verifyTwilio } from "../inbound/twilio-signature.ts";
import { parseTwilioStatus } from "../inbound/twilio-status.ts";

/** Documented only: the body is read raw, because the signature covers every parameter as it came. */
const signedForm = {
	headers: z.object({ "x-twilio-signature": z.string() }),
	body: {
		required: true,
		content: { "application/x-www-form-urlencoded": { schema: z.record(z.string(), z.string()) } },
	},
};
const twiml = { "text/xml": { schema: z.string() } };

const message = createRoute({
	method: "post",
	path: "/webhooks/twilio/message",
	tags: ["webhooks"],
	summary: "Twilio brings an SMS",
	request: signedForm,
	responses: { 200: { description: "Taken; answers go out as messages of their own", content: twiml } },
});

const status = createRoute({
	method: "post",
	path: "/webhooks/twilio/status",
	tags: ["webhooks"],
	summary: "Twilio says what became of an SMS of ours",
	request: { ...signedForm, query: z.object({ delivery: z.string().optional() }) },
	responses: { 204: { description: "Taken" } },
});

/** Signed webhooks of the providers. Whatever is in them, the provider hears only "taken": strangers get no answer. */
export function webhookRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const router = createRouter();
	router.openAPIRegistry.registerPath(message);
	router.post(message.path, async (c) => {
		const inbound = parseTwilioMessage(await twilioParams(c, deps));
		if (inbound !== undefined) {
			const { outcome } = await receiveInbound(deps, inbound);
			deps.log.info({ request_id: c.get("requestId"), provider: inbound.provider, outcome }, "inbound message");
		}
		return c.body(emptyTwiml, 200, { "Content-Type": "text/xml; charset=utf-8" });
	});
	router.openAPIRegistry.registerPath(status);
	router.post(status.path, async (c) => {
		const receipt = parseTwilioStatus(await twilioParams(c, deps), c.req.query("delivery"));
		if (receipt !== undefined) await recordReceipt(deps, receipt);
		return c.body(null, 204);
	});
	return router;
}

/** The parameters of a webhook that Twilio signed; throws AppError `unauthorized` for any other. */
async function twilioParams(c: Context<AppEnv>, { twilio, publicUrl }: AppDeps): Promise<URLSearchParams> {
	if (twilio === undefined) throw new AppError("not_found", "This server has no Twilio account.");
	// Twilio signs the address that it was given: ours by configuration, never by Host or X-Forwarded headers.
	const { pathname, search } = new URL(c.req.url);
	const url = new URL(`${pathname}${search}`, publicUrl);
	const signature = c.req.header("x-twilio-signature");
	const params = verifyTwilio(twilio.authToken, { url, signature, body: await c.req.text() });
	if (params === undefined) throw new AppError("unauthorized", "The signature does not fit.");
	return params;
}
