import * as z from "zod";
import { cutText } from "../contract/text.ts";
import { jsonObject, readFields, text } from "./fields.ts";
import type { QuickHandler } from "./tools.ts";

const shape = { tool_name: text, tool_input: text };
const questions = z.object({ questions: z.array(z.object({ question: z.string() })).min(1) });

/** Claude waits for the user at the terminal: the phone is told for what. It is answered at the terminal. */
export const onPermissionRequest: QuickHandler = (input, { session }) => {
	if (session === undefined) return {};
	session.activity();
	const { tool_name, tool_input } = readFields(shape, input);
	const fields = jsonObject.parse(tool_input);
	const asked = questions.safeParse(fields);
	if (tool_name === "AskUserQuestion" && asked.success) {
		session.doing = "waiting for an answer to its question";
		session.report("question", { message: asked.data.questions.map(({ question }) => question).join("\n") });
		return {};
	}
	if (tool_name === "") return {};
	session.doing = `waiting for permission (${cutText(tool_name, 60)})`;
	session.report("permission", { tool_name, message: summary(fields, tool_input) });
	return {};
};

/** The one field of a tool's input that says what it is about; else all of it as it came, cut. */
function summary(fields: Record<string, unknown>, whole: string): string {
	for (const name of ["command", "file_path", "notebook_path", "path", "url", "query", "pattern", "plan"]) {
		const value = fields[name];
		if (typeof value === "string" && value !== "") return value;
	}
	return Object.keys(fields).length === 0 ? "" : cutText(whole, 500);
}
