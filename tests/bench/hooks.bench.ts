import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, onTestFinished } from "vitest";
import { type Loop, pluginRoot, startLoop } from "../helpers/loop.ts";
import { type StreamClient, startStream } from "../helpers/stream-client.ts";
import { median, percentile, table } from "./figures.ts";

const turns = 40;
const warmUp = 3;

interface Variant {
	name: string;
	client: StreamClient;
	prompt: number[];
	stop: number[];
}

/** A plugin whose Stop and UserPromptSubmit hooks are the cheapest command that there is. */
async function truePlugin(): Promise<string> {
	const root = await mkdtemp(join(tmpdir(), "true-plugin-"));
	onTestFinished(() => rm(root, { recursive: true, force: true }));
	const hook = [{ hooks: [{ type: "command", command: "true" }] }];
	await mkdir(join(root, ".claude-plugin"));
	await mkdir(join(root, "hooks"));
	await writeFile(join(root, ".claude-plugin/plugin.json"), JSON.stringify({ name: "baseline", version: "1.0.0" }));
	await writeFile(join(root, "hooks/hooks.json"), JSON.stringify({ hooks: { UserPromptSubmit: hook, Stop: hook } }));
	return root;
}

/** One turn: the client waits for UserPromptSubmit before the request, and for Stop after the answer. */
async function measure(loop: Loop, variant: Variant, words: string): Promise<void> {
	const ended = variant.client.turnEnded();
	const sentAt = variant.client.send(words);
	const request = await loop.model.waitForRequest(({ userText }) => userText === words);
	const endedAt = await ended;
	variant.prompt.push(request.at - sentAt);
	variant.stop.push(endedAt - request.at);
}

async function monitored(loop: Loop, name: string): Promise<Variant> {
	const client = await startStream({
		model: loop.model,
		home: loop.home,
		pluginDirs: [pluginRoot],
		env: { CLAUDE_NOTIFY_URL: loop.server.url.origin },
	});
	const answered = client.turnEnded();
	client.send(`/notify-start "${name}"`);
	await answered;
	return { name, client, prompt: [], stop: [] };
}

async function plain(loop: Loop, name: string, pluginDirs: string[]): Promise<Variant> {
	const client = await startStream({ model: loop.model, home: loop.home, pluginDirs });
	return { name, client, prompt: [], stop: [] };
}

it("prints what the client waits for at a prompt and at the end of a turn", async () => {
	await using loop = await startLoop();
	await using dead = await startLoop();
	await loop.pair();
	await dead.pair();
	const variants = [
		await plain(loop, "no hook", []),
		await plain(loop, "shell `true`", [await truePlugin()]),
		await monitored(loop, "claude-notify"),
	];
	const afterDeath = await monitored(dead, "claude-notify, server dead");
	await dead.stopServer();
	for (let turn = 0; turn < turns + warmUp; turn++) {
		// Interleaved, so that the machine's noise falls on all alike.
		for (const variant of variants) await measure(loop, variant, `${variant.name} ${turn}`);
		await measure(dead, afterDeath, `dead ${turn}`);
	}
	const all = [...variants, afterDeath];
	const [baseline] = all;
	const rows = all.flatMap((variant) =>
		(["prompt", "stop"] as const).map((hook) => {
			const sample = variant[hook].slice(warmUp);
			const base = median(baseline?.[hook].slice(warmUp) ?? []);
			const title = hook === "prompt" ? "UserPromptSubmit" : "Stop";
			return [variant.name, title, median(sample), percentile(sample, 99), median(sample) - base];
		}),
	);
	const head = ["hooks", "event", "median ms", "p99 ms", "over no hook ms"];
	process.stdout.write(
		`\n${turns} turns each, interleaved, -p stream-json, Node ${process.version}\n${table(head, rows)}\n`,
	);
	for (const { client } of all) await client[Symbol.asyncDispose]();
});
