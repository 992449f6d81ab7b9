import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { companionOf, isAlive, signalIfAlive, waitUntilGone } from "./processes.ts";
import { type ClientOptions, startTui, type Tui } from "./real-client.ts";
import { until } from "./until.ts";

/** One monitored session of the fleet and the person before it, through all clients that it lives in. */
export class Seat implements AsyncDisposable {
	readonly name: string;
	/** Claude Code's ids of the session, oldest first: /clear gives another one. */
	readonly ids: string[] = [];
	readonly #options: ClientOptions;
	#tui: Tui | undefined;
	#prompts = 0;

	constructor(name: string, options: ClientOptions) {
		this.name = name;
		this.#options = options;
	}

	/** Starts the client and the monitoring. */
	async open(): Promise<void> {
		this.#tui = await startTui(this.#options);
		await this.#tui.type(`/notify-start "${this.name}"`);
		await this.#tui.waitForScreen(/Monitoring "/, 30_000);
		this.ids.push(await this.#tui.sessionId());
	}

	/** The companion dies, and the client goes on without it for so long: Claude Code never starts it again. */
	async killCompanion(aloneMs: number): Promise<void> {
		const client = this.#client.pid;
		// One that has just been resumed may have yet to start it.
		const pid = await until(
			() => companionOf(client),
			10_000,
			async () => `client ${client} has no companion; it ${(await isAlive(client)) ? "runs" : "is gone"}`,
		);
		signalIfAlive(pid, "SIGKILL");
		await waitUntilGone(pid, 10_000);
		await sleep(aloneMs);
	}

	async killClient(): Promise<void> {
		const tui = this.#client;
		this.#tui = undefined;
		tui.kill("SIGKILL");
		await tui.waitForExit(20_000);
		await tui[Symbol.asyncDispose]();
	}

	/** The same session in a new client, and somebody who prompts in it. */
	async resume(): Promise<void> {
		const id = this.ids.at(-1) ?? "";
		this.#tui = await startTui({ ...this.#options, resume: id });
		await this.prompt();
	}

	/** A new conversation in the same client; replies go on to it. */
	async clear(): Promise<void> {
		const before = this.ids.at(-1);
		await this.#client.type("/clear");
		const id = await until(
			async () => {
				const now = await this.#client.sessionId();
				return now !== before && now;
			},
			20_000,
			async () => `/clear gave ${this.name} no new id:\n${await this.#client.screen()}`,
		);
		this.ids.push(id);
		// A conversation that nothing was said in cannot be resumed.
		await this.prompt();
		const written = async () => {
			const files = await readdir(join(this.#client.home.configDir, "projects"), { recursive: true });
			return files.some((file) => file.endsWith(`${id}.jsonl`));
		};
		await until(written, 30_000, () => `the conversation ${id} of ${this.name} is not written down`);
	}

	/** Somebody types a line. */
	async prompt(): Promise<void> {
		await this.#client.type(`go on ${this.name} ${++this.#prompts}`);
	}

	/** What its terminal shows, for a test that failed. */
	screen(): Promise<string> {
		return this.#tui === undefined ? Promise.resolve("(no client)") : this.#tui.screen();
	}

	/** Where a mark stands in the files of its conversations, for a test that failed. */
	async storyOf(mark: string): Promise<string> {
		const folder = join(this.#client.home.configDir, "projects");
		const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".jsonl"));
		const stories = await Promise.all(
			files.map(async (file) => {
				const lines = (await readFile(join(folder, file), "utf8")).split("\n");
				return lines.flatMap((line, n) =>
					line.includes(`<${mark}>`)
						? [
								`${basename(file)}:${n + 1} ${/"type":"([^"]+)"/.exec(line)?.[1]} ${/"timestamp":"([^"]+)"/.exec(line)?.[1]}`,
							]
						: [],
				);
			}),
		);
		return `<${mark}>: ${stories.flat().join("; ")}`;
	}

	/** What Claude Code noted of its companions, newest last, for a test that failed. */
	async companionLog(): Promise<string> {
		const folder = join(this.#client.home.home, ".cache/claude-cli-nodejs");
		const files = (await readdir(folder, { recursive: true })).filter((file) => /companion\/[^/]+\.jsonl$/.test(file));
		const texts = await Promise.all(files.sort().map((file) => readFile(join(folder, file), "utf8")));
		const lines = texts.join("").split("\n").slice(-60);
		return lines.map((line) => line.slice(0, 300)).join("\n");
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#tui?.[Symbol.asyncDispose]();
	}

	get #client(): Tui {
		if (this.#tui === undefined) throw new Error(`${this.name} has no client`);
		return this.#tui;
	}
}
