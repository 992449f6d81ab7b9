import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { arch, cpus, homedir, platform, totalmem, userInfo } from "node:os";

const machineIdFiles = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/**
 * SHA-256 in hex of this machine and this user. Made anew each time and stored nowhere, so that a copied auth.json is of no use elsewhere.
 * Host name and network addresses are left out: they change with the network.
 */
export function machineFingerprint(): string {
	const machine = machineId() ?? [platform(), arch(), cpus()[0]?.model ?? "", cpus().length, totalmem()].join("|");
	return createHash("sha256").update(["claude-notify", machine, userName(), homedir()].join("\n")).digest("hex");
}

function machineId(): string | undefined {
	for (const path of machineIdFiles) {
		try {
			const id = readFileSync(path, "utf8").trim();
			if (id !== "") return id;
		} catch {
			// Not Linux, or a container without one.
		}
	}
	return undefined;
}

function userName(): string {
	try {
		return userInfo().username;
	} catch {
		// A container may run under an id that has no name.
		return String(process.getuid?.() ?? "");
	}
}
