import { describe, expect, it } from "vitest";
import { hookRig, unmonitored } from "../../tests/helpers/hook-rig.ts";
import { onElicitation } from "./elicitation.ts";

const form = (properties: object, required: string[] = Object.keys(properties)) => ({
	mcp_server_name: "crm",
	message: "Which customer?",
	mode: "form",
	requested_schema: JSON.stringify({ type: "object", properties, required }),
	cwd: "/work/api",
});
const accepted = (content: object) => ({
	hookSpecificOutput: { hookEventName: "Elicitation", action: "accept", content },
});

describe("what an MCP server asks for", () => {
	it("is asked on the phone field by field, in words", async () => {
		const rig = hookRig();
		const fields = {
			number: { type: "string", title: "Number", description: "E.164" },
			kind: { type: "string", enum: ["h", "w"], enumNames: ["Home", "Work"] },
			size: { type: "string", oneOf: [{ const: "s", title: "Small" }, { const: "l" }] },
			age: { type: "integer", minimum: 1, maximum: 9 },
			ok: { type: "boolean", title: "Sure?" },
			many: { type: "array", items: { enum: ["a", "b"] } },
		};
		expect(await onElicitation(form(fields), rig.tools)).toEqual({});
		expect(rig.asked[0]).toMatchObject({
			kind: "elicitation",
			toolName: "crm",
			summary: "Which customer?",
			holdsDialog: true,
			questions: [
				{ key: "number", question: "Number (E.164)", options: [] },
				{ key: "kind", question: "kind", options: [{ label: "Home" }, { label: "Work" }] },
				{ key: "size", options: [{ label: "Small" }, { label: "l" }] },
				{ key: "age", question: "age (a whole number from 1 to 9)", options: [] },
				{ key: "ok", question: "Sure?", options: [{ label: "Yes" }, { label: "No" }] },
				{ key: "many", multi_select: true, options: [{ label: "a" }, { label: "b" }] },
			],
		});
	});

	it.each([
		[{ type: "string" }, "anything", "anything"],
		[{ type: "string", enum: ["h", "w"], enumNames: ["Home", "Work"] }, "work", "w"],
		[{ type: "integer", minimum: 1, maximum: 9 }, " 3 ", 3],
		[{ type: "number" }, "2.5", 2.5],
		[{ type: "boolean" }, "No", false],
		[{ type: "array", items: { anyOf: [{ const: "x", title: "Ex" }] } }, ["Ex"], ["x"]],
		[{ type: "array", items: { enum: ["a", "b"] } }, "b", ["b"]],
	])("%j is filled in from %j", async (field, said, value) => {
		const rig = hookRig({ decision: { answers: { field: said } } });
		expect(await onElicitation(form({ field }), rig.tools)).toEqual(accepted({ field: value }));
	});

	it.each([
		[{ type: "integer" }, "2.5"],
		[{ type: "integer", maximum: 9 }, "10"],
		[{ type: "number" }, ""],
		[{ type: "number" }, "many"],
		[{ type: "boolean" }, "perhaps"],
		[{ type: "string", enum: ["a"] }, "b"],
		[{ type: "string", minLength: 3 }, "ab"],
		[{ type: "array", items: { enum: ["a"] } }, ["a", "c"]],
		[{ type: "array", items: { enum: ["a", "b"] }, minItems: 2 }, "a"],
		[{ type: "string" }, undefined],
	])("%j is not filled in from %j, and stays with the terminal", async (field, said) => {
		const rig = hookRig({ decision: { answers: said === undefined ? {} : { field: said } } });
		expect(await onElicitation(form({ field }), rig.tools)).toEqual({});
	});

	it("leaves out what need not be filled in", async () => {
		const fields = { name: { type: "string" }, note: { type: "string" } };
		const rig = hookRig({ decision: { answers: { name: "Ann" } } });
		expect(await onElicitation(form(fields, ["name"]), rig.tools)).toEqual(accepted({ name: "Ann" }));
		expect(rig.asked[0]?.questions).toHaveLength(1);
	});

	it("is declined when the phone says no", async () => {
		const rig = hookRig({ decision: { behavior: "deny" } });
		expect(await onElicitation(form({ name: { type: "string" } }), rig.tools)).toEqual({
			hookSpecificOutput: { hookEventName: "Elicitation", action: "decline" },
		});
	});

	it.each([
		["a page to open", { ...form({ a: { type: "string" } }), mode: "url" }],
		["a form within a form", form({ a: { type: "object", properties: {} } })],
		["nine fields", form(Object.fromEntries(Array.from("abcdefghi", (name) => [name, { type: "string" }])))],
		["a field that is not there", form({ a: { type: "string" } }, ["a", "b"])],
		["no schema", { ...form({}), requested_schema: '{"type":' }],
	])("as %s is told and not asked", async (_what, input) => {
		const rig = hookRig({ decision: { behavior: "allow" } });
		expect(await onElicitation(input, rig.tools)).toEqual({});
		expect(rig.asked).toEqual([]);
		expect(rig.reported).toEqual([{ type: "question", details: { message: "Which customer?" } }]);
	});

	it("outside a monitored session is left alone", async () => {
		expect(await onElicitation(form({ a: { type: "string" } }), unmonitored())).toEqual({});
	});
});
