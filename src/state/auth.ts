import { join } from "node:path";
import Conf from "conf";
import * as z from "zod";
import type { Tokens } from "../contract/auth.ts";
import { channelName, channelTitle } from "../contract/channels.ts";
import { ensurePrivateFile, ensurePrivateFolder, moveAside, removeFile } from "./files.ts";

const login = z.object({
	/** The server that gave the tokens: they are never sent to another. */
	server: z.string(),
	access_token: z.string(),
	expires_at: z.iso.datetime(),
	refresh_token: z.string(),
	channel: channelName,
	/** Missing in files of versions that did not know it. */
	channel_title: channelTitle.optional(),
	address_masked: z.string(),
});
export type StoredLogin = z.infer<typeof login>;

/** `ended`: the server took the login back; it stays on disk so that the next command can say so. */
const stored = z.discriminatedUnion("state", [
	z.object({ state: z.literal("ended"), address_masked: z.string() }),
	z.object({ state: z.literal("paired"), login }),
]);
export type StoredAuth = z.infer<typeof stored> | { state: "none" };

/** `auth.json`: 0600, in a 0700 folder, replaced in one step. Whoever writes holds the lock of `lockPath`. */
export class AuthFile {
	readonly lockPath: string;
	readonly #home: string;
	readonly #now: () => Date;

	constructor(home: string, now: () => Date) {
		this.#home = home;
		this.#now = now;
		this.lockPath = join(home, "auth");
	}

	read(): StoredAuth {
		try {
			const { auth } = this.#open().store;
			return auth === undefined ? { state: "none" } : stored.parse(auth);
		} catch (error) {
			if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
			moveAside(join(this.#home, "auth.json"), this.#now());
			return { state: "none" };
		}
	}

	pair(server: string, tokens: Tokens): StoredLogin {
		const { access_token, expires_at, refresh_token, channel, channel_title, address_masked } = tokens;
		const next = { server, access_token, expires_at, refresh_token, channel, channel_title, address_masked };
		this.#write({ state: "paired", login: next });
		return next;
	}

	end({ address_masked }: StoredLogin): void {
		this.#write({ state: "ended", address_masked });
	}

	forget(): void {
		removeFile(join(this.#home, "auth.json"));
	}

	#write(auth: z.infer<typeof stored>): void {
		// Reading first moves a file aside that conf would refuse to open.
		this.read();
		this.#open().set("auth", auth);
	}

	#open(): Conf<{ auth?: unknown }> {
		// conf makes its folder 0755, and leaves the modes of what is there until it writes.
		ensurePrivateFolder(this.#home);
		ensurePrivateFile(join(this.#home, "auth.json"));
		return new Conf<{ auth?: unknown }>({
			cwd: this.#home,
			configName: "auth",
			projectName: "claude-notify",
			projectSuffix: "",
			configFileMode: 0o600,
		});
	}
}
