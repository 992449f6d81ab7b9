export interface LockedPackage {
	version?: string;
	optional?: boolean;
	dev?: boolean;
	os?: string[];
	cpu?: string[];
	libc?: string[];
	optionalDependencies?: Record<string, string>;
}

export interface Lockfile {
	packages: Record<string, LockedPackage>;
}

/** Optional packages that something asks for and that have no entry: `npm ci` refuses such a lockfile. */
export function missingOptionals({ packages }: Lockfile): { folder: string; name: string; version: string }[] {
	return Object.entries(packages).flatMap(([dependent, { optionalDependencies = {} }]) =>
		Object.entries(optionalDependencies)
			.filter(([name]) => !ancestors(dependent).some((folder) => `${folder}node_modules/${name}` in packages))
			.map(([name, version]) => ({ folder: `${besides(dependent)}node_modules/${name}`, name, version })),
	);
}

/** Folders whose node_modules Node searches from a package, nearest first, each with its closing slash. */
function ancestors(folder: string): string[] {
	const found = [folder === "" ? "" : `${folder}/`];
	for (let at = folder.lastIndexOf("node_modules/"); at >= 0; at = folder.lastIndexOf("node_modules/", at - 1)) {
		found.push(folder.slice(0, at));
		if (at === 0) break;
	}
	return found;
}

/** The folder in which the package itself is installed. */
function besides(folder: string): string {
	return folder.slice(0, Math.max(folder.lastIndexOf("node_modules/"), 0));
}
