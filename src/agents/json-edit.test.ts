import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addHooks, type HookEntry, removeHooks } from "./hook-entries.ts";
import { insertLast, memberOf, parseSettings, propertyOf, removeChild, SettingsProblem } from "./json-edit.ts";
import { addPlugin, removePlugin } from "./plugin-entries.ts";

const isOurs = (_: string, command: string) => command.startsWith("ours");
const entry = (event: string, command = `ours ${event}`): HookEntry => ({
	event,
	hook: { type: "command", command, timeout: 10 },
});
const entries = [entry("Stop"), entry("SessionEnd")];
const add = (text: string, all = entries) => addHooks(text, all, true, isOurs);
const remove = (text: string) => removeHooks(text, true, isOurs, () => false);
const group = (event: string, command?: string) => ({ hooks: [entry(event, command).hook] });

describe("what is added", () => {
	it.each([
		["nothing", "{}", '{\n  "hooks": 1\n}'],
		["tabs", '{\n\t"a": 1\n}\n', '{\n\t"a": 1,\n\t"hooks": 1\n}\n'],
		["four spaces", '{\n    "a": 1\n}', '{\n    "a": 1,\n    "hooks": 1\n}'],
		["CRLF", '{\r\n  "a": 1\r\n}\r\n', '{\r\n  "a": 1,\r\n  "hooks": 1\r\n}\r\n'],
		["one line", '{"a":[1,2]}', '{"a":[1,2], "hooks": 1}'],
		["a comment at the end", '{\n  "a": 1 // one\n}', '{\n  "a": 1, // one\n  "hooks": 1\n}'],
		["a comment in one line", '{"a": 1 // one\n}', '{"a": 1, "hooks": 1 // one\n}'],
		["only a comment", "{\n  // mine\n}", '{\n  "hooks": 1\n  // mine\n}'],
	])("is written as the person writes: %s", (_, before, after) => {
		expect(insertLast(before, parseSettings(before, true), 1, "hooks")).toBe(after);
	});

	it("stands beside foreign hooks, once (row 22)", () => {
		const foreign = { matcher: "Bash", hooks: [{ type: "command", command: "mine" }] };
		const before = JSON.stringify({ hooks: { Stop: [foreign], Other: [foreign] } }, null, 3);
		const after = add(before);
		expect(JSON.parse(after)).toEqual({
			hooks: { Stop: [foreign, group("Stop")], Other: [foreign], SessionEnd: [group("SessionEnd")] },
		});
		expect(add(after)).toBe(after);
		expect(remove(after)).toBe(before);
	});

	it("leads an older path to the new place; what the person added to it, and the rest of the entry, stay (row 22)", () => {
		const old = { type: "command", command: "ours at /old --cli codex --longer-than 5m", timeout: 99, mine: true };
		const before = JSON.stringify({ hooks: { Stop: [{ hooks: [old] }, group("Stop")] } });
		const after = JSON.parse(add(before, [entry("Stop", "ours at /new --cli codex")]));
		expect(after.hooks.Stop).toEqual([{ hooks: [{ ...old, command: "ours at /new --cli codex --longer-than 5m" }] }]);
	});

	it("goes where JSON.parse would look when a name stands there twice", () => {
		const before = '{"hooks": {"a": []}, "hooks": {"b": []}}';
		expect(JSON.parse(add(before)).hooks).toEqual({ b: [], Stop: [group("Stop")], SessionEnd: [group("SessionEnd")] });
	});
});

describe("what is taken out", () => {
	it.each([
		["the first", '{ "x": 1, // one\n "b": 2 }', '{ // one\n "b": 2 }'],
		["the last", '{ "a": 1, /* one */ "x": 2 }', '{ "a": 1 /* one */ }'],
		["the only one", '{\n  "x": 1\n}', "{}"],
		["the only one beside a comment", '{\n  // c\n  "x": 1\n}', "{\n  // c\n}"],
	])("takes its comma along and no comment: %s", (_, before, after) => {
		const root = parseSettings(before, true);
		const property = propertyOf(root, "x");
		expect(property && removeChild(before, root, property)).toBe(after);
	});

	it("leaves what was empty before as it was", () => {
		const before = '{"hooks":{"Stop":[]}}';
		expect(removeHooks(add(before), true, isOurs, () => true)).toBe('{"hooks":{"Stop":[], "SessionEnd": []}}');
		expect(remove(add(before))).toBe("{}");
	});

	it("is exactly what was added, whatever the settings are (rows 22, 27)", () => {
		const foreign = fc.record({
			hooks: fc.array(fc.record({ type: fc.string(), command: fc.string() }), { minLength: 1 }),
		});
		const settings = fc.record({
			first: fc.jsonValue(),
			hooks: fc.dictionary(fc.constantFrom("Stop", "Other", "__proto__"), fc.array(foreign, { minLength: 1 }), {
				minKeys: 1,
			}),
			enabledPlugins: fc.dictionary(fc.string(), fc.boolean(), { minKeys: 1 }),
			last: fc.jsonValue(),
		});
		const indent = fc.constantFrom(undefined, "\t", 2, 3);
		fc.assert(
			fc.property(settings, indent, fc.boolean(), (value, space, crlf) => {
				const written = JSON.stringify(value, null, space);
				const before = crlf && space !== undefined ? written.replaceAll("\n", "\r\n") : written;
				const after = add(before);
				const read = JSON.parse(after);
				expect(JSON.stringify({ ...read, hooks: 0 })).toBe(JSON.stringify({ ...JSON.parse(before), hooks: 0 }));
				expect(read.hooks.Stop.at(-1)).toEqual(group("Stop"));
				expect(add(after)).toBe(after);
				expect(remove(after)).toBe(before);
				const plugin = addPlugin(before, "/a folder");
				expect(JSON.parse(plugin).enabledPlugins["notify@claude-notify-local"]).toBe(true);
				expect(addPlugin(plugin, "/a folder")).toBe(plugin);
				expect(removePlugin(plugin, () => false)).toBe(before);
			}),
		);
	});
});

describe("settings that are refused", () => {
	it.each([
		['{"a": 1,}', "is not valid JSON: PropertyNameExpected at line 1, column 9"],
		['{\n  "a" 1\n}', "at line 2, column 7"],
		["{'a': 1}", "is not valid JSON"],
		["{// c\n}", "is not valid JSON"],
		["[]", "holds no JSON object"],
		["", "is not valid JSON"],
		[`${"[".repeat(100_000)}`, "is nested too deeply"],
		[`{"a": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "is nested too deeply"],
	])("say what is wrong and where, case %# (row 23)", (text, words) => {
		expect(() => parseSettings(text, false)).toThrow(SettingsProblem);
		expect(() => parseSettings(text, false)).toThrow(words);
	});

	it.each(['{"hooks": []}', '{"hooks": {"Stop": {}}}', '{"hooks": null}', '{"hooks": {"Stop": "x"}}'])(
		"hooks of another shape: %s (row 23)",
		(text) => {
			expect(() => add(text)).toThrow(SettingsProblem);
			expect(remove(text)).toBe(text);
		},
	);

	it("nothing of the settings' own text is in what is said", () => {
		expect(() => parseSettings('{"token": secret-1}', false)).not.toThrow("secret");
		expect(memberOf(parseSettings('{"a":{"b":1}}', false), "b")).toBeUndefined();
	});
});
