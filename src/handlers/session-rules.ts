import * as z from "zod";
import { fromJson } from "./fields.ts";

/** What the client itself offers as "always allow". Other kinds, and modes that ask for nothing any more, are never passed on. */
const suggestion = z.discriminatedUnion("type", [
	z.object({
		type: z.literal("addRules"),
		rules: z.array(z.object({ toolName: z.string().min(1), ruleContent: z.string().optional() })).min(1),
		behavior: z.literal("allow"),
	}),
	z.object({ type: z.literal("addDirectories"), directories: z.array(z.string()).min(1) }),
	z.object({ type: z.literal("setMode"), mode: z.literal("acceptEdits") }),
]);

/** The client's suggestions as rules that end with the session; none that can be used: empty. */
export function sessionRules(suggestions: unknown): object[] {
	const listed = z.array(z.unknown()).catch([]).parse(fromJson(suggestions));
	return listed.flatMap((each) => {
		const known = suggestion.safeParse(each);
		return known.success ? [{ ...known.data, destination: "session" }] : [];
	});
}
