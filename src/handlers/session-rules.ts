import * as z from "zod";
import { maxSessionGrant } from "../contract/approvals.ts";
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
type Rule = z.infer<typeof suggestion>;

/** What a yes for the session gives the client, and the same in words for whoever says it. */
export interface SessionYes {
	rules: object[];
	/** At most `maxSessionGrant` characters. */
	grant: string;
}

interface Asked {
	toolName: string;
	/** Of a shell. */
	command: unknown;
}

/** The client's suggestions as rules that end with the session; undefined where none can be used or a person could not be shown all of them. */
export function sessionYes(suggestions: unknown, asked: Asked): SessionYes | undefined {
	const listed = z.array(z.unknown()).catch([]).parse(fromJson(suggestions));
	const known = listed.flatMap((each) => suggestion.safeParse(each).data ?? []);
	const grant = [...new Set(known.flatMap((rule) => wordsOf(rule, asked)))].join(", ");
	if (grant === "" || grant.length > maxSessionGrant) return undefined;
	return { rules: known.map((rule) => ({ ...rule, destination: "session" })), grant };
}

function wordsOf(rule: Rule, { toolName: askedTool, command }: Asked): string[] {
	switch (rule.type) {
		case "addRules":
			return rule.rules.map(({ toolName, ruleContent }) => {
				if (ruleContent === undefined) return `${toolName} with anything`;
				// In a rule a star stands for anything, also where the command's own star was meant.
				const same = toolName === askedTool && ruleContent === command && !ruleContent.includes("*");
				return same ? "the same again" : `${toolName}(${ruleContent})`;
			});
		case "addDirectories":
			return rule.directories.map((folder) => `files in ${folder}`);
		case "setMode":
			// The client then runs these without asking, too: mkdir, touch, rm, rmdir, mv, cp and sed (code.claude.com/docs/en/permission-modes).
			return ["all changes to files in its folders, by rm, mv and sed too"];
	}
}
