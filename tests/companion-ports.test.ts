import { readdir, readFile, readlink } from "node:fs/promises";
import { expect, it } from "vitest";
import { buildInto, initialize, pairedMachine, startCompanion, typed } from "./helpers/companion-process.ts";
import { startScriptedServer } from "./helpers/scripted-server.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";

/** Inodes of the TCP and UDP sockets on which this process takes what others send. */
async function openDoors(pid: number): Promise<string[]> {
	const fds = await readdir(`/proc/${pid}/fd`);
	const links = await Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")));
	const own = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
	const tables = ["tcp", "tcp6", "udp", "udp6"].map(async (name) => {
		const rows = (await readFile(`/proc/${pid}/net/${name}`, "utf8")).split("\n").slice(1);
		return rows.flatMap((row) => {
			const [, , , state, , , , , , inode = ""] = row.trim().split(/\s+/);
			// 0A is LISTEN; a UDP socket listens by being bound.
			return own.has(inode) && (state === "0A" || name.startsWith("udp")) ? inode : [];
		});
	});
	return (await Promise.all(tables)).flat();
}

it("the companion of a monitored session waits for replies without a port on the developer's machine (row 124)", async () => {
	await using server = await startScriptedServer();
	await using built = await temporaryFolder();
	const plugin = await buildInto(built.path);
	await using machine = await pairedMachine(server);
	await using companion = await startCompanion(plugin, { env: machine.env });
	await initialize(companion);
	await companion.hook(typed("start", "x"));
	await server.waitFor("GET /sessions/*/inbox");
	expect(await openDoors(companion.pid)).toEqual([]);
	// The look itself sees a port where there is one.
	expect(await openDoors(process.pid)).not.toEqual([]);
});
