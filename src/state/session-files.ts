import { renameSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { deliveryWays, inboxMessage } from "../contract/inbox.ts";
import { stopSession } from "../contract/sessions.ts";
import { isSafeName, moveAside, readFolder, readIfThere, removeFile, writePrivateFile } from "./files.ts";

/** How many refs of replies are remembered: more than can wait in one session (10 a minute for 24 h never pile up unseen). */
const maxGiven = 500;

const sessionFile = z.object({
	claude_session_id: z.string(),
	session_id: z.uuid(),
	session_token: z.string(),
	server: z.string(),
	handle: z.string(),
	description: z.string(),
	started_at: z.iso.datetime(),
	/** The client that this session runs in; another one takes over only when it is gone. */
	client_pid: z.int(),
	/** The last turn: `open` until something was sent about its end. */
	turn: z.enum(["none", "open", "done", "failed"]),
	/** Replies that the session has had, oldest first: never again. */
	given: z.array(z.object({ ref: z.string(), via: z.enum(deliveryWays) })),
	/** The last of them, in full where more than the ref is known: a client that is killed may take along what it was given a moment before. */
	recent: z
		.array(
			z.object({
				at: z.iso.datetime(),
				ref: z.string(),
				message: inboxMessage.optional(),
				/** The conversation that it was given to, where /clear has begun another one since. */
				transcript: z.string().optional(),
			}),
		)
		.optional(),
	/** Replies that the session turned out not to have had although the server was told so: nobody else has them any more. */
	owed: z.array(inboxMessage).optional(),
	/** Where Claude Code keeps the conversation, as its SessionStart hook said. */
	transcript: z.string().optional(),
	/** Set when the session is over and the server could not be told yet. */
	ended: stopSession.optional(),
});
export type SessionFile = z.infer<typeof sessionFile>;

/** The files of monitored sessions, one each, by Claude Code's session id. */
export class SessionFiles {
	readonly #folder: string;
	readonly #now: () => Date;

	constructor(home: string, now: () => Date) {
		this.#folder = join(home, "sessions");
		this.#now = now;
	}

	read(claudeSessionId: string): SessionFile | undefined {
		if (!isSafeName(claudeSessionId)) return undefined;
		const path = this.#path(claudeSessionId);
		const text = readIfThere(path);
		if (text === undefined) return undefined;
		try {
			return sessionFile.parse(JSON.parse(text));
		} catch {
			moveAside(path, this.#now());
			return undefined;
		}
	}

	write(file: SessionFile): void {
		const given = file.given.slice(-maxGiven);
		writePrivateFile(this.#path(file.claude_session_id), JSON.stringify({ ...file, given }));
	}

	/** /clear gave the session another id: the file goes on under it. */
	move(file: SessionFile, claudeSessionId: string): SessionFile {
		const moved = { ...file, claude_session_id: claudeSessionId };
		renameSync(this.#path(file.claude_session_id), this.#path(claudeSessionId));
		this.write(moved);
		return moved;
	}

	remove(claudeSessionId: string): void {
		removeFile(this.#path(claudeSessionId));
	}

	all(): SessionFile[] {
		const ids = readFolder(this.#folder).flatMap((name) => /^([A-Za-z0-9_-]+)\.json$/.exec(name)?.[1] ?? []);
		return ids.flatMap((id) => this.read(id) ?? []);
	}

	#path(claudeSessionId: string): string {
		return join(this.#folder, `${claudeSessionId}.json`);
	}
}
