import { statSync } from "node:fs";
import { join } from "node:path";
import { isSafeName, readFolder, readIfThere, removeFile, writePrivateFile } from "./files.ts";

/** What the SessionStart hook tells the companion of the same client: its environment goes stale with /clear, this does not. */
export interface ClientFile {
	session_id: string;
	/** startup, resume, clear, compact, fork. */
	source: string;
	cwd: string;
	/** Where Claude Code keeps the conversation. */
	transcript?: string;
}

export function clientFilePath(home: string, pid: number): string {
	return join(home, "clients", `${pid}.json`);
}

export function writeClientFile(home: string, pid: number, file: ClientFile): void {
	writePrivateFile(clientFilePath(home, pid), JSON.stringify(file));
}

/** Undefined when there is none, or none that can be understood. `writtenAt` in milliseconds since 1970. */
export function readClientFile(home: string, pid: number): (ClientFile & { writtenAt: number }) | undefined {
	const path = clientFilePath(home, pid);
	try {
		const text = readIfThere(path);
		const value: unknown = text === undefined ? undefined : JSON.parse(text);
		if (typeof value !== "object" || value === null || !("session_id" in value)) return undefined;
		const { session_id, source, cwd } = { source: "", cwd: "", ...value };
		if (typeof session_id !== "string" || !isSafeName(session_id)) return undefined;
		const transcript = "transcript" in value ? { transcript: String(value.transcript) } : {};
		return { session_id, source: String(source), cwd: String(cwd), ...transcript, writtenAt: statSync(path).mtimeMs };
	} catch {
		return undefined;
	}
}

/** The same while that client runs; its process id may be another program's by now. */
export function readLiveClient(home: string, pid: number): ReturnType<typeof readClientFile> {
	const told = isAlive(pid) ? readClientFile(home, pid) : undefined;
	return told === undefined || beganAfter(pid, told.writtenAt + sureMs) ? undefined : told;
}

export function removeClientFile(home: string, pid: number): void {
	removeFile(clientFilePath(home, pid));
}

/** Whether a client that runs is in this session. */
export function isOpenInClient(home: string, sessionId: string): boolean {
	return clientPids(home).some((pid) => readLiveClient(home, pid)?.session_id === sessionId);
}

/** The process ids of the clients that run now and whose hooks reach us. */
export function liveClients(home: string): number[] {
	return clientPids(home).filter((pid) => readLiveClient(home, pid) !== undefined);
}

/** Removes what clients that were killed left behind: their process ids will be used again. */
export function removeDeadClientFiles(home: string): void {
	for (const pid of clientPids(home)) {
		if (readLiveClient(home, pid) === undefined) removeClientFile(home, pid);
	}
	for (const name of readFolder(join(home, "rewake"))) {
		const pid = /^(\d{1,10})\.sock$/.exec(name)?.[1];
		if (pid !== undefined && !isAlive(Number(pid))) removeFile(join(home, "rewake", name));
	}
}

function clientPids(home: string): number[] {
	return readFolder(join(home, "clients")).flatMap((name) => {
		const pid = /^(\d{1,10})\.json$/.exec(name)?.[1];
		return pid === undefined ? [] : [Number(pid)];
	});
}

export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
	} catch (error) {
		return error instanceof Error && "code" in error && error.code === "EPERM";
	}
	return !isZombie(pid);
}

/** A client's first file follows its start at once; what corrects a clock moves it by less. */
const sureMs = 60_000;
/** Linux counts a process's age in hundredths of a second on every architecture. */
const tickMs = 10;

/** False where nobody can tell. Process ids come again, after a restart of the machine at the latest. */
function beganAfter(pid: number, moment: number): boolean {
	const stat = readIfThere(`/proc/${pid}/stat`) ?? "";
	const [uptime] = (readIfThere("/proc/uptime") ?? "").split(" ");
	const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
	return Date.now() - Number(uptime) * 1000 + Number(ticks) * tickMs > moment;
}

/** What was killed answers signals until its parent has looked: tmux and the first process of a container may take long. */
function isZombie(pid: number): boolean {
	return /^\d+ \(.*\) Z /s.test(readIfThere(`/proc/${pid}/stat`) ?? "");
}
