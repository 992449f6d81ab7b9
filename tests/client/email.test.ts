import { describe, expect, it } from "vitest";
import { startLoop } from "../helpers/loop.ts";
import { mailPhone } from "../helpers/loop-phones.ts";
import { finishTurn, said, startMonitored } from "../helpers/monitored.ts";
import { inboxStatesOf } from "../helpers/stored.ts";

describe("a session and its person's mail", () => {
	it("tells by mail, and an answer in Gmail's format wakes the idle session with its text alone (rows 99, 121, 131)", async () => {
		const provider = await mailPhone();
		await using loop = await startLoop({ phone: provider });
		await loop.pair();
		await using tui = await startMonitored(loop, "migrate billing");
		await finishTurn(loop, tui);
		await provider.phone.reply("Yes, delete the old schema.\n\nAnd run the tests once more.");
		const request = await loop.model.waitForRequest(said("Yes, delete the old schema."));
		expect(request.newText).toContain("And run the tests once more.");
		expect(request.newText).not.toMatch(/wrote:|Completed successfully|^>/m);
		expect(request.context).toContain("a***@gmail.com");
		await loop.phone.waitFor(/Claude has read your reply/);
		expect(loop.model.requests.filter(said("Yes, delete the old schema."))).toHaveLength(1);
		expect(await inboxStatesOf(loop.database.db)).toEqual(["seen"]);
		expect(loop.violations).toEqual([]);
	});

	it("keeps two sessions apart: each is a thread, and an answer goes to the session of its mail (rows 67, 129)", async () => {
		const provider = await mailPhone();
		await using loop = await startLoop({ phone: provider });
		await loop.pair();
		const cwd = await loop.home.addProject("web");
		await using api = await startMonitored(loop, "api");
		await using web = await startMonitored(loop, "web", { cwd });
		await finishTurn(loop, api, /"api"[\s\S]*Completed/);
		await finishTurn(loop, web, /"web"[\s\S]*Completed/);
		const mailAbout = (name: string) => provider.phone.mails().find(({ text = "" }) => text.includes(`"${name}"`));
		const [aboutApi, aboutWeb] = [mailAbout("api"), mailAbout("web")];
		if (aboutApi === undefined || aboutWeb === undefined) throw new Error("a session was not told of");
		expect(aboutApi.headers["References"]).not.toBe(aboutWeb.headers["References"]);
		await provider.phone.answer(aboutWeb, "yes, merge it");
		await provider.phone.answer(aboutApi, "restart it");
		const toWeb = await loop.model.waitForRequest(said("yes, merge it"));
		const toApi = await loop.model.waitForRequest(said("restart it"));
		expect(toWeb.sessionId).toBe(await web.sessionId());
		expect(toApi.sessionId).toBe(await api.sessionId());
		expect(loop.violations).toEqual([]);
	});
});
