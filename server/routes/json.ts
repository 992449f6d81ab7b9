import type { z } from "@hono/zod-openapi";

/** An answer in JSON, as a route declares it. */
export const json = <T extends z.ZodType>(description: string, schema: T) => ({
	description,
	content: { "application/json": { schema } },
});

/** A request's body in JSON, which must be there. */
export const body = <T extends z.ZodType>(schema: T) => ({
	body: { required: true, content: { "application/json": { schema } } },
});
