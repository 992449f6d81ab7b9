import { z } from "zod";

// The vendor's specification, written down by hand (resend-openapi 1.5.0), with received_for as its SDK 6.38 has it.
const outbound = z.object({
	email_id: z.string(),
	created_at: z.iso.datetime(),
	from: z.string(),
	to: z.array(z.string()),
	subject: z.string(),
	tags: z.record(z.string(), z.string()).optional(),
	headers: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
});
const bounce = z.strictObject({
	diagnosticCode: z.array(z.string()),
	message: z.string(),
	subType: z.enum([
		"Undetermined",
		"General",
		"NoEmail",
		"MailboxFull",
		"MessageTooLarge",
		"ContentRejected",
		"AttachmentRejected",
	]),
	type: z.enum(["Undetermined", "Transient", "Permanent"]),
});
const attachment = z.strictObject({
	id: z.string(),
	filename: z.string().nullable(),
	content_type: z.string(),
	content_disposition: z.string().nullable(),
	content_id: z.string().nullable(),
});
const metadata = z.object({
	created_at: z.iso.datetime(),
	from: z.string(),
	to: z.array(z.string()),
	subject: z.string(),
	message_id: z.string().regex(/^<.+@.+>$/),
	bcc: z.array(z.string()),
	cc: z.array(z.string()),
	received_for: z.array(z.string()),
});
export const resendEvent = z.discriminatedUnion("type", [
	z.strictObject({ type: z.literal("email.delivered"), created_at: z.iso.datetime(), data: outbound }),
	z.strictObject({ type: z.literal("email.complained"), created_at: z.iso.datetime(), data: outbound }),
	z.strictObject({
		type: z.literal("email.bounced"),
		created_at: z.iso.datetime(),
		data: outbound.extend({ bounce }),
	}),
	z.strictObject({
		type: z.literal("email.received"),
		created_at: z.iso.datetime(),
		data: metadata.extend({ email_id: z.uuid(), attachments: z.array(attachment) }).strict(),
	}),
]);
/** The answer of GET /emails/receiving/{id}. */
export const receivedContent = metadata
	.extend({
		object: z.literal("email"),
		id: z.uuid(),
		reply_to: z.array(z.string()),
		html: z.string().nullable(),
		text: z.string().nullable(),
		headers: z.record(z.string().regex(/^[a-z0-9-]+$/), z.string()),
		attachments: z.array(attachment.extend({ size: z.int() })),
	})
	.strict();
