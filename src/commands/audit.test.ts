import { describe, expect, it } from "vitest";
import { companionRig } from "../../tests/helpers/companion-rig.ts";
import { startScriptedServer } from "../../tests/helpers/scripted-server.ts";
import type { AuditEntry } from "../contract/audit.ts";

const at = new Date(2026, 10, 20, 14, 30).toISOString();
const entry = (more: Partial<AuditEntry>): AuditEntry => ({
	id: "01990000-0000-7000-8000-000000000001",
	at,
	actor: { kind: "phone", label: "SMS +1***8912" },
	action: "reply",
	session: { id: "01990000-0000-7000-8000-00000000000a", handle: "b", description: "migrate billing" },
	outcome: "done",
	why: "Passed on to the session.",
	hash: null,
	...more,
});

async function audited(entries: AuditEntry[], args = "") {
	await using server = await startScriptedServer();
	server.on("GET /audit", () => ({ status: 200, body: { entries } }));
	await using rig = await companionRig(server);
	return { answer: await rig.type("audit", args), asked: server.requests.map(({ query }) => query.get("limit")) };
}

describe("/notify-audit", () => {
	it("shows who did what from where, a line for each, and what was refused (row 134)", async () => {
		const { answer } = await audited([
			entry({ outcome: "refused", why: 'Your ban list stops "sudo".' }),
			entry({
				actor: { kind: "computer", label: "laptop" },
				action: "settings",
				session: null,
				why: "Changed: quiet.",
			}),
			entry({}),
		]);
		expect(answer.split("\n")).toEqual([
			'2026-11-20 14:30  SMS +1***8912  reply refused  (b) migrate billing  Your ban list stops "sudo".',
			"2026-11-20 14:30  laptop         settings       -                    Changed: quiet.",
			"2026-11-20 14:30  SMS +1***8912  reply          (b) migrate billing  Passed on to the session.",
		]);
	});

	it("keeps a hostile name on its line, and says when there is nothing", async () => {
		const { answer } = await audited([entry({ actor: { kind: "computer", label: "a\n\u001b[2Jb" } })]);
		expect(answer).toMatch(/^2026-11-20 14:30 {2}a b {2}reply/);
		expect(await audited([], "50")).toEqual({ answer: "Nothing was done yet.", asked: ["50"] });
	});

	it.each(["many", "0", "101", "1.5", "-3"])("says how to use it for %j", async (typed) => {
		expect((await audited([], typed)).answer).toMatch(/^Use: \/notify-audit/);
	});
});
