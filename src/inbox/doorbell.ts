import { chmodSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { ensurePrivateFolder, removeFile } from "../state/files.ts";

/** Of macOS; Linux takes four more. */
const longestPath = 103;

/** hooks.json has the same path: its Stop hook waits only where this file is there. */
export function doorbellPath(home: string, clientPid: number): string {
	return join(home, "rewake", `${clientPid}.sock`);
}

/**
 * Wakes an idle session that takes no messages: a Stop hook of its client waits here, and ends with what it is told, which Claude Code
 * shows to the model. One waits at a time. All end with this process.
 */
export class Doorbell {
	readonly #path: string;
	#server: Server | undefined;
	#waiter: Socket | undefined;

	constructor(path: string) {
		this.#path = path;
	}

	/** False where no hook of ours can wait: this system has no such sockets, or the path is too long. */
	static fits(path: string, platform: NodeJS.Platform): boolean {
		return platform !== "win32" && Buffer.byteLength(path) <= longestPath;
	}

	/** Opens the door for hooks that wait; `onWaiter` is called when one has come. Once is enough. */
	open(onWaiter: () => void): void {
		if (this.#server !== undefined) return;
		ensurePrivateFolder(dirname(this.#path));
		removeFile(this.#path);
		this.#server = createServer((waiter) => {
			// One for each turn that ended: only the last is still of use.
			this.#waiter?.destroy();
			this.#waiter = waiter;
			waiter.on("error", () => waiter.destroy());
			waiter.once("close", () => {
				if (this.#waiter === waiter) this.#waiter = undefined;
			});
			waiter.resume();
			onWaiter();
		});
		this.#server.on("error", () => this.close());
		this.#server.listen(this.#path, () => chmodSync(this.#path, 0o600));
		this.#server.unref();
	}

	get isOpen(): boolean {
		return this.#server !== undefined;
	}

	get hasWaiter(): boolean {
		return this.#waiter !== undefined;
	}

	/** False when nobody waits. */
	ring(words: string): boolean {
		const waiter = this.#waiter;
		if (waiter === undefined) return false;
		this.#waiter = undefined;
		waiter.end(words);
		return true;
	}

	close(): void {
		this.#waiter?.destroy();
		this.#waiter = undefined;
		this.#server?.close();
		this.#server = undefined;
	}
}

/** The hook's side: what the bell says, or "" when there is nothing to wait for any more. */
export async function waitAtDoor(path: string): Promise<string> {
	const connection = createConnection(path);
	try {
		return await text(connection);
	} catch {
		return "";
	}
}
