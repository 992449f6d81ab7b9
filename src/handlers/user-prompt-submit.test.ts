import { describe, expect, it } from "vitest";
import { hookRig } from "../../tests/helpers/hook-rig.ts";
import { onUserPromptSubmit } from "./user-prompt-submit.ts";

describe("a prompt", () => {
	it("begins a turn, and says nothing when no reply is about (row 59)", () => {
		const rig = hookRig();
		expect(onUserPromptSubmit({ prompt: "migrate them" }, rig.tools)).toEqual({});
		expect(rig.did).toEqual(["attended", "turn started"]);
	});

	it("that Claude Code submits by itself was typed by nobody", () => {
		const rig = hookRig();
		onUserPromptSubmit({ prompt: "<task-notification><summary>done</summary></task-notification>" }, rig.tools);
		expect(rig.did).toEqual(["turn started"]);
	});

	it("takes waiting replies along", () => {
		const rig = hookRig({ waiting: ["reply one", "reply two"] });
		expect(onUserPromptSubmit({ prompt: "hello" }, rig.tools)).toEqual({
			hookSpecificOutput: { hookEventName: "UserPromptSubmit", additionalContext: "reply one\n\nreply two" },
		});
	});

	it("that is a reply from the phone is told as such, with those that waited", () => {
		const rig = hookRig({ onPrompt: () => ({ copy: false, context: ["from the phone"] }), waiting: ["older"] });
		expect(onUserPromptSubmit({ prompt: "yes\n\n[reply k7f2mq from your phone]" }, rig.tools)).toEqual({
			hookSpecificOutput: { hookEventName: "UserPromptSubmit", additionalContext: "from the phone\n\nolder" },
		});
		expect(rig.did).toEqual(["turn started"]);
	});

	it("that only repeats a reply which Claude has had is stopped, without its text on the screen", () => {
		const rig = hookRig({ onPrompt: () => ({ copy: true, context: [] }), waiting: ["older"] });
		expect(onUserPromptSubmit({ prompt: "x" }, rig.tools)).toEqual({
			decision: "block",
			reason: "Claude has had this reply already.",
			hookSpecificOutput: { hookEventName: "UserPromptSubmit", suppressOriginalPrompt: true },
		});
		expect(rig.did).toEqual([]);
	});

	it.each(['/notify-start "x"', "/notify:stop", "/notify:notify-status"])(
		"%s is no turn, and takes no reply along",
		(prompt) => {
			const rig = hookRig({ waiting: ["reply"] });
			expect(onUserPromptSubmit({ prompt }, rig.tools)).toEqual({});
			expect(rig.did).toEqual(["activity", "attended"]);
		},
	);

	it("from the phone that looks like one of our commands is a turn like any other", () => {
		const rig = hookRig({ onPrompt: () => ({ copy: false, context: ["from the phone"] }) });
		onUserPromptSubmit({ prompt: "/notify-stop\n\n[reply k7f2mq from your phone]" }, rig.tools);
		expect(rig.did).toEqual(["turn started"]);
	});

	it.each(["/other-command", "notify-start", "tell me about /notify-start"])("%s is a turn", (prompt) => {
		const rig = hookRig();
		onUserPromptSubmit({ prompt }, rig.tools);
		expect(rig.did).toEqual(["attended", "turn started"]);
	});
});
