import { createHash } from "node:crypto";
import type { ToolRun } from "../companion/approval-request.ts";
import { fromJson, readFields, text } from "./fields.ts";

const shape = { tool_name: text, tool_input: text, agent_id: text };

/** The tool that a hook of after its run tells of. */
export function toolRun(input: unknown): ToolRun {
	const { tool_name, tool_input, agent_id } = readFields(shape, input);
	return { toolName: tool_name, hash: requestHash(tool_name, fromJson(tool_input)), agentId: agent_id };
}

/** No tool's input is nested so deep; what is would overflow the stack. */
const deepest = 100;

/** SHA-256, in hex, of a tool's name and its input; the order of the input's fields does not count. "" for an input that no tool has. */
export function requestHash(toolName: string, input: unknown): string {
	const plain = canonical(input, 0);
	return plain === tooDeep
		? ""
		: createHash("sha256")
				.update(JSON.stringify([toolName, plain]))
				.digest("hex");
}

const tooDeep = Symbol("too deep");

function canonical(value: unknown, depth: number): unknown {
	if (typeof value !== "object" || value === null) return value;
	if (depth === deepest) return tooDeep;
	const parts = Array.isArray(value)
		? value
		: Object.entries(value)
				.sort(([one], [other]) => (one < other ? -1 : 1))
				.flat(1);
	const plain = parts.map((part) => canonical(part, depth + 1));
	if (plain.includes(tooDeep)) return tooDeep;
	// A list in an object: as an object, "__proto__" is lost and numbers change their place.
	return Array.isArray(value) ? plain : { fields: plain };
}
