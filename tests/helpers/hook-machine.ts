import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Cli, openCli } from "./cli.ts";

export const session = "01a1ff2d-6e7c-7eb0-86a6-cdd4230db498";
/** What codex 0.169 writes to its hooks. */
export const codex = (event: string, more: object = {}) => ({
	session_id: session,
	transcript_path: null,
	cwd: "/work/billing",
	hook_event_name: event,
	model: "gpt-5-codex",
	turn_id: "turn-1",
	...more,
});
/** What gemini-cli 0.61 writes to its hooks. */
export const gemini = (event: string, more: object = {}) => ({
	session_id: session,
	transcript_path: "/tmp/chat.json",
	cwd: "/work/billing",
	hook_event_name: event,
	timestamp: "2026-11-20T10:00:00.000Z",
	...more,
});
export const stop = (text: string, more: object = {}) =>
	codex("Stop", { stop_hook_active: false, last_assistant_message: text, ...more });

/** A machine that is paired with nothing that answers: what is told stays in its queue. */
export async function hookMachine(built: Pick<Cli, "script">) {
	const cli = await openCli("http://127.0.0.1:9", built);
	onTestFinished(() => cli[Symbol.asyncDispose]());
	cli.pair("http://127.0.0.1:9");
	const folder = (name: string) => join(cli.home, name);
	const names = (name: string) => readdir(folder(name)).catch(() => []);
	return {
		cli,
		hook: (line: string, input: unknown, node: 20 | 24 = 24) =>
			cli.run(["hook", ...line.split(" ")], { input: typeof input === "string" ? input : JSON.stringify(input), node }),
		async told(): Promise<{ title: string; text: string; id: string }[]> {
			const files = (await names("tasks")).filter((name) => name.endsWith(".json")).sort();
			const texts = await Promise.all(files.map((name) => readFile(join(folder("tasks"), name), "utf8")));
			return texts.map((text) => JSON.parse(text).notification);
		},
		turns: () => names("agents"),
		/** As if the turn had begun earlier. */
		async travel(name: string, ms: number) {
			const path = join(folder("agents"), `${name}.json`);
			const turn = JSON.parse(await readFile(path, "utf8"));
			await writeFile(path, JSON.stringify({ ...turn, began: turn.began - ms }));
		},
		folder,
	};
}
