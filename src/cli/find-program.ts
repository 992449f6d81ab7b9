import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** Whether a program can be run by this name, looked for as a shell does: what `spawn` would say of it. */
export function findProgram(name: string, path: string | undefined, cwd: string): "found" | "ENOENT" | "EACCES" {
	const places = name.includes("/") ? [name] : (path ?? "/usr/bin:/bin").split(delimiter).map((at) => join(at, name));
	const states = places.map((place) => stateOf(resolve(cwd, place)));
	return states.find((state) => state === "found") ?? states.find((state) => state === "EACCES") ?? "ENOENT";
}

function stateOf(file: string): "found" | "ENOENT" | "EACCES" {
	try {
		if (statSync(file).isDirectory()) return "EACCES";
		accessSync(file, constants.X_OK);
		return "found";
	} catch (error) {
		return error instanceof Error && "code" in error && error.code === "EACCES" ? "EACCES" : "ENOENT";
	}
}
