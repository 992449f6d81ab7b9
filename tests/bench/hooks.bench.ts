import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, onTestFinished } from "vitest";
import { type Loop, pluginRoot, startLoop } from "../helpers/loop.ts";
import { smsPhone } from "../helpers/loop-phones.ts";
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

/** The least that a hook by MCP tool can cost: a server that answers `{}` and does nothing else. */
const emptyServer = `
import { createInterface } from "node:readline";
const answers = {
	initialize: ({ params }) => ({ protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "floor", version: "1" } }),
	"tools/list": () => ({ tools: [{ name: "hook", description: "hook", inputSchema: { type: "object" } }] }),
	"tools/call": () => ({ content: [{ type: "text", text: "{}" }] }),
};
createInterface({ input: process.stdin }).on("line", (line) => {
	const request = JSON.parse(line);
	if (request.id === undefined) return;
	const answer = answers[request.method];
	const reply = answer ? { result: answer(request) } : { error: { code: -32601, message: "unknown" } };
	process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id: request.id, ...reply }) + "\\n");
});`;

async function floorPlugin(): Promise<string> {
	const root = await mkdtemp(join(tmpdir(), "floor-plugin-"));
	onTestFinished(() => rm(root, { recursive: true, force: true }));
	const call = { type: "mcp_tool", server: "plugin:floor:mcp", tool: "hook", input: { id: "$" + "{session_id}" } };
	const hook = [{ hooks: [call] }];
	await mkdir(join(root, ".claude-plugin"));
	await mkdir(join(root, "hooks"));
	await writeFile(join(root, ".claude-plugin/plugin.json"), JSON.stringify({ name: "floor", version: "1.0.0" }));
	await writeFile(join(root, "hooks/hooks.json"), JSON.stringify({ hooks: { UserPromptSubmit: hook, Stop: hook } }));
	await writeFile(join(root, "server.mjs"), emptyServer);
	const server = { command: "node", args: ["$" + "{CLAUDE_PLUGIN_ROOT}/server.mjs"] };
	await writeFile(join(root, ".mcp.json"), JSON.stringify({ mcpServers: { mcp: server } }));
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

/** What the client takes for a whole turn in the middle of its turns. */
function turnOf(variant: Variant | undefined): number {
	return median(variant?.prompt.map((ms, turn) => ms + (variant.stop[turn] ?? 0)).slice(warmUp) ?? []);
}

it("prints what the client waits for at a prompt and at the end of a turn", async () => {
	await using loop = await startLoop();
	await using dead = await startLoop();
	const sms = await smsPhone();
	await using stuck = await startLoop({ phone: sms });
	for (const each of [loop, dead, stuck]) await each.pair();
	sms.twilio.next(...Array.from({ length: 10_000 }, () => ({ kind: "hang" }) as const));
	const variants = [
		await plain(loop, "no hook", []),
		await plain(loop, "shell `true`", [await truePlugin()]),
		await plain(loop, "an MCP tool that does nothing", [await floorPlugin()]),
		await plain(loop, "claude-notify, not monitored", [pluginRoot]),
		await monitored(loop, "claude-notify"),
	];
	const afterDeath = await monitored(dead, "claude-notify, server dead");
	const whileStuck = await monitored(stuck, "claude-notify, provider hung");
	await dead.stopServer();
	for (let turn = 0; turn < turns + warmUp; turn++) {
		// Interleaved, so that the machine's noise falls on all alike.
		for (const variant of variants) await measure(loop, variant, `${variant.name} ${turn}`);
		await measure(dead, afterDeath, `dead ${turn}`);
		await measure(stuck, whileStuck, `stuck ${turn}`);
	}
	const all = [...variants, afterDeath, whileStuck];
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
	const [usual, hung] = [turnOf(variants.at(-1)), turnOf(whileStuck)];
	process.stdout.write(
		`a turn with a provider that never answers: ${hung.toFixed(1)} ms, with one that does: ${usual.toFixed(1)} ms (row 117)\n`,
	);
	for (const { client } of all) await client[Symbol.asyncDispose]();
});
