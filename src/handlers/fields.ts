import * as z from "zod";

/* Claude Code passes each field as text: a missing one is "", objects and lists are JSON, booleans "true" and "false". Foreign or cut input must not throw. */

/** Text, "" when it is missing or something else. */
export const text = z.string().catch("");

/** True only for "true" and true. */
export const flag = z.preprocess((value) => value === true || value === "true", z.boolean());

/** A JSON object; `{}` when it cannot be read. */
export const jsonObject = z.preprocess(fromJson, z.record(z.string(), z.unknown()).catch({}));

/** What was JSON, or undefined. */
export function fromJson(value: unknown): unknown {
	if (typeof value !== "string") return value;
	try {
		return JSON.parse(value);
	} catch {
		return undefined;
	}
}

/** The fields that are asked for; whatever the input is, each has its fallback. */
export function readFields<T extends z.ZodRawShape>(shape: T, input: unknown): z.infer<z.ZodObject<T>> {
	const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
	return z.object(shape).parse(isObject ? input : {});
}
