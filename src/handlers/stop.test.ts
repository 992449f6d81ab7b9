import { describe, expect, it } from "vitest";
import { hookRig } from "../../tests/helpers/hook-rig.ts";
import { onStop } from "./stop.ts";

const ended = (more: object = {}) => ({
	last_assistant_message: "All 42 invoices are migrated.",
	stop_hook_active: "false",
	background_tasks: "[]",
	...more,
});
const shell = { id: "bym0m57r4", type: "shell", status: "running", command: "npm run dev" };
const agent = { id: "a750", type: "subagent", status: "running" };

describe("the end of a turn", () => {
	it("is told as done, with Claude's last words", async () => {
		const rig = hookRig();
		expect(await onStop(ended(), rig.tools)).toEqual({});
		expect(rig.reported).toEqual([{ type: "done", details: { message: "All 42 invoices are migrated." } }]);
		expect(rig.did).toEqual(["turn ended: done", "report done"]);
		expect(rig.shown).toEqual([{ body: "All 42 invoices are migrated.", urgency: "normal" }]);
	});

	it.each([
		["another hook makes Claude go on", { stop_hook_active: "true" }],
		["a subagent still runs", { background_tasks: JSON.stringify([agent]) }],
		["a shell that this turn started still runs", { background_tasks: JSON.stringify([shell]) }],
		["what runs cannot be read", { background_tasks: '[{"id":"bym0m57r4","type":"sh' }],
	])("is not told while %s", async (_why, more) => {
		const rig = hookRig();
		await onStop(ended(more), rig.tools);
		expect([rig.did, rig.shown]).toEqual([["turn ended: open"], []]);
	});

	it("is told although a shell from an earlier turn runs on: a development server never ends", async () => {
		const rig = hookRig({ standing: [shell.id] });
		await onStop(ended({ background_tasks: JSON.stringify([shell]) }), rig.tools);
		expect(rig.did).toEqual(["turn ended: done", "report done"]);
	});

	it("is not told while a subagent from an earlier turn runs on: it will bring Claude back", async () => {
		const rig = hookRig({ standing: [agent.id] });
		await onStop(ended({ background_tasks: JSON.stringify([agent]) }), rig.tools);
		expect(rig.did).toEqual(["turn ended: open"]);
	});

	it.each(["", "null", "garbage", "{}"])("is told when the list of tasks is %j", async (background_tasks) => {
		const rig = hookRig();
		await onStop(ended({ background_tasks }), rig.tools);
		expect(rig.reported).toHaveLength(1);
	});
});
