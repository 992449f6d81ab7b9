import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { replyFromPhone } from "../../tests/helpers/scripted-server.ts";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import type { SessionFile } from "../state/session-files.ts";
import { GivenInFile } from "./given.ts";
import { asData, injectedText } from "./texts.ts";

/** A session's file, the transcript of its conversation, and what a companion keeps in them; `next` is the companion after a kill. */
async function newSession() {
	const folder = await temporaryFolder();
	onTestFinished(() => folder[Symbol.asyncDispose]());
	const transcript = join(folder.path, "conversation.jsonl");
	await writeFile(transcript, "");
	let now = new Date("2026-11-21T07:00:00Z");
	let file: Pick<SessionFile, "given" | "owed" | "recent" | "transcript"> = { given: [], transcript };
	const next = () =>
		new GivenInFile({
			file: () => file,
			save: (change) => {
				file = { ...file, ...change };
			},
			now: () => now,
			onGiven: () => undefined,
		});
	return {
		next,
		file: () => file,
		/** As the monitor does it: what was given names the conversation that it went to. */
		clear: async () => {
			const recent = file.recent?.map((reply) => ({ transcript, ...reply })) ?? [];
			file = { ...file, recent, transcript: join(folder.path, "next.jsonl") };
			await writeFile(join(folder.path, "next.jsonl"), "");
		},
		forgetTranscript: () => {
			file = { given: file.given, recent: file.recent };
		},
		now: () => now,
		pass: (seconds: number) => {
			now = new Date(now.getTime() + seconds * 1000);
		},
		write: (entry: object | string) =>
			appendFile(transcript, `${typeof entry === "string" ? entry : JSON.stringify(entry)}\n`),
	};
}

const answer = { type: "assistant", message: { role: "assistant", content: [{ type: "text", text: "done" }] } };
const prompt = (content: string) => ({ type: "user", message: { role: "user", content } });

describe("a reply that was given just before its client was killed", () => {
	it("comes again if the conversation does not have it (row 121)", async () => {
		const session = await newSession();
		const [had, lost] = [replyFromPhone("run the tests"), replyFromPhone("and the linter")];
		const before = session.next();
		before.add(had.ref, "socket", had);
		before.add(lost.ref, "prompt", lost);
		await session.write(prompt(injectedText(had)));
		const after = session.next();
		expect(after.afterKill(session.now())).toEqual([lost]);
		expect([after.via(had.ref), after.via(lost.ref)]).toEqual(["socket", undefined]);
		after.add(lost.ref, "prompt", lost);
		await session.write(prompt(asData(lost)));
		expect(session.next().afterKill(session.now())).toEqual([]);
	});

	it("comes again after the next kill too, until it was given once more (row 121)", async () => {
		const session = await newSession();
		const [first, second] = [replyFromPhone("one"), replyFromPhone("two")];
		const before = session.next();
		before.add(first.ref, "prompt", first);
		before.add(second.ref, "prompt", second);
		expect(session.next().afterKill(session.now())).toEqual([first, second]);
		// Killed before anything could be given again: the server takes both for seen.
		const third = session.next();
		expect(third.afterKill(session.now())).toEqual([first, second]);
		third.add(first.ref, "prompt", first);
		await session.write(prompt(asData(first)));
		// Put in line, and shown when nobody was there any more.
		await session.write(prompt(injectedText(second)));
		const fourth = session.next();
		expect(fourth.afterKill(session.now())).toEqual([]);
		expect([first, second].map(({ ref }) => fourth.via(ref))).toEqual(["prompt", "socket"]);
	});

	it("does not come again if it stands beside a prompt or in a tool's answer", async () => {
		const session = await newSession();
		const [beside, asked] = [replyFromPhone("one"), replyFromPhone("two")];
		const before = session.next();
		before.add(beside.ref, "prompt", beside);
		before.add(asked.ref, "tool", asked);
		const content = [{ type: "tool_result", tool_use_id: "toolu_1", content: asData(asked) }];
		await session.write({
			type: "attachment",
			attachment: { type: "hook_additional_context", content: [asData(beside)] },
		});
		await session.write({ type: "user", message: { role: "user", content } });
		const after = session.next();
		expect(after.afterKill(session.now())).toEqual([]);
		expect(after.via(beside.ref)).toBe("prompt");
	});

	it("does not come again where nobody can say what the conversation has", async () => {
		const session = await newSession();
		const reply = replyFromPhone("deploy");
		session.next().add(reply.ref, "socket", reply);
		session.forgetTranscript();
		const after = session.next();
		expect(after.afterKill(session.now())).toEqual([]);
		expect(after.via(reply.ref)).toBe("socket");
	});

	it("comes again too where a companion that was new had seen its ref only (row 121)", async () => {
		const session = await newSession();
		const [offered, unoffered] = [replyFromPhone("one"), replyFromPhone("two")];
		const before = session.next();
		before.add(offered.ref, "socket");
		before.add(unoffered.ref, "socket");
		before.met(offered);
		const after = session.next();
		expect(after.afterKill(session.now())).toEqual([offered]);
		expect([offered, unoffered].map(({ ref }) => after.via(ref))).toEqual([undefined, undefined]);
	});

	it("is kept in full for a minute only", async () => {
		const session = await newSession();
		const [old, young] = [replyFromPhone("old"), replyFromPhone("young")];
		const given = session.next();
		given.add(old.ref, "socket", old);
		session.pass(61);
		given.add(young.ref, "socket", young);
		expect(session.file().recent?.map(({ message }) => message?.text)).toEqual(["young"]);
		expect(session.file().given).toHaveLength(2);
	});
});

describe("a reply that was given as the answer to a hook", () => {
	it("comes again after the turn if the client had not waited for the answer (row 121)", async () => {
		const session = await newSession();
		const [had, missed, next, proven] = ["one", "two", "three", "four"].map((text) => replyFromPhone(text));
		if (had === undefined || missed === undefined || next === undefined || proven === undefined) throw new Error();
		const given = session.next();
		given.add(had.ref, "prompt", had);
		given.add(missed.ref, "prompt", missed);
		given.add(proven.ref, "socket", proven);
		await session.write({
			type: "attachment",
			attachment: { type: "hook_additional_context", content: [asData(had)] },
		});
		session.pass(1);
		given.add(next.ref, "prompt", next);
		expect(given.isWritten()).toBe(false);
		expect(given.missedBefore(session.now())).toEqual([missed]);
		expect([had, missed, next, proven].map(({ ref }) => given.via(ref))).toEqual([
			"prompt",
			undefined,
			"prompt",
			"socket",
		]);
		expect(given.missedBefore(session.now())).toEqual([]);
	});
});

describe("a reply that was given just before /clear", () => {
	it("comes to the new conversation if the one before does not have it (row 121)", async () => {
		const session = await newSession();
		const [had, lost, next] = [replyFromPhone("one"), replyFromPhone("two"), replyFromPhone("three")];
		const given = session.next();
		given.add(had.ref, "socket", had);
		given.add(lost.ref, "socket", lost);
		await session.write(prompt(injectedText(had)));
		await session.write(answer);
		await session.clear();
		session.pass(1);
		given.add(next.ref, "socket", next);
		expect(given.missedBefore(session.now())).toEqual([lost]);
		expect(given.missedBefore(session.now())).toEqual([]);
		expect([had, lost, next].map(({ ref }) => given.via(ref))).toEqual(["socket", undefined, "socket"]);
	});

	it("comes to the new conversation if the model was never asked with it, also after a kill in between (row 121)", async () => {
		const session = await newSession();
		const [early, late] = [replyFromPhone("one"), replyFromPhone("two")];
		const before = session.next();
		before.add(early.ref, "socket", early);
		before.add(late.ref, "socket", late);
		await session.write(prompt(injectedText(early)));
		await session.write({ type: "api-request", blobs: [] });
		await session.write(prompt(`${injectedText(late)} "assistant"`));
		const after = session.next();
		expect(after.afterKill(session.now())).toEqual([]);
		await session.clear();
		session.pass(1);
		expect(after.missedBefore(session.now())).toEqual([late]);
		expect([early, late].map(({ ref }) => after.via(ref))).toEqual(["socket", undefined]);
	});
});

describe("a reply that the session showed after its companion had died", () => {
	it("is known by the conversation, but not by what only stood in line or was cut off (row 121)", async () => {
		const session = await newSession();
		const [seen, queued, cut] = [replyFromPhone("seen"), replyFromPhone("queued"), replyFromPhone("cut")];
		await session.write(prompt(`Another Claude session sent a message:\n${injectedText(seen)}`));
		await session.write({ type: "queue-operation", operation: "enqueue", content: injectedText(queued) });
		await session.write(JSON.stringify(prompt(injectedText(cut))).slice(0, -3));
		const given = session.next();
		given.afterKill(session.now());
		expect([seen, queued, cut].map(({ ref }) => given.via(ref))).toEqual(["socket", undefined, undefined]);
	});
});
