import { basename } from "node:path";
import { cutText } from "../contract/cut-text.ts";
import type { Notification } from "../contract/tasks.ts";
import { plainText } from "../plain-text.ts";
import { TaskQueue } from "../state/task-queue.ts";
import { type HookInput, readEvent } from "./agent-events.ts";
import type { HookWords } from "./hook-words.ts";
import { type Turn, Turns } from "./turns.ts";

export interface HookTools {
	home: string;
	hostname: string;
	now: () => Date;
	/** A new UUIDv7. */
	newId: () => string;
	/** Sends what is queued from a process that outlives us. */
	sendLater: () => void;
}

/** Nobody wants their phone to ring while they sit and chat; but whoever left at once has to hear that they are waited for. */
const usualMs = 60_000;

/** One event of another agent's session: leaves on disk what the phone is to be told of it. Nothing in here waits for the network. */
export function onHook({ event, agent, longerThanMs }: HookWords, input: HookInput, tools: HookTools): void {
	const { home, now } = tools;
	const turns = new Turns(home);
	const session = input["session_id"];
	const name = typeof session === "string" ? turns.nameOf(agent, session) : undefined;
	const read = readEvent(agent, event, input);
	if (read === undefined) throw new Error(`${agent} has no event ${event} that is told.`);
	if (name === undefined) {
		if (session === undefined) return;
		throw new Error("the session's id could not be understood.");
	}
	if (read.kind === "session-end") turns.remove(name);
	if (read.kind === "session-start" || read.kind === "turn-start") turns.removeStale(now());
	if (read.kind === "turn-start") beginTurn(turns, name, { id: read.turn, at: now() });
	if (read.kind !== "tell") return;
	const turn = turns.read(name, read.turn);
	const leastMs = longerThanMs ?? (read.waits ? 0 : usualMs);
	if (turn.told.includes(read.key) || isShort(turn, leastMs, now())) return;
	turns.write(name, { ...turn, told: [...turn.told, read.key] });
	leave({ id: tools.newId(), title: titleOf(agent, input["cwd"]), text: read.text, hostname: tools.hostname }, tools);
}

/** Words that are added to a turn which runs do not begin it again. */
function beginTurn(turns: Turns, name: string, { id, at }: { id: string; at: Date }): void {
	const goesOn = id !== "" && turns.read(name, id).began !== undefined;
	if (!goesOn) turns.write(name, { id, began: at.getTime(), told: [] });
}

/** A clock that was set back says nothing about how long it took. */
function isShort({ began }: Turn, longerThanMs: number, now: Date): boolean {
	const tookMs = began === undefined ? -1 : now.getTime() - began;
	return tookMs >= 0 && tookMs < longerThanMs;
}

function leave(notification: Notification, { home, sendLater }: HookTools): void {
	new TaskQueue(home).put(notification.id, { notification });
	sendLater();
}

function titleOf(agent: string, cwd: unknown): string {
	const folder = typeof cwd === "string" ? plainText(basename(cwd)).replace(/\s+/g, " ").trim() : "";
	return folder === "" ? agent : cutText(`${agent} in ${folder}`, 200);
}
