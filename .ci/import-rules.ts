import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type Import, readModule } from "./module-imports.ts";

interface Zone {
	name: string;
	files: RegExp;
	/** Our own files that it may import, beside those of its own family. */
	may: RegExp;
	/** Files of which it may import the types only. */
	mayTypes?: RegExp;
	/** Packages that it must not, or may only, import. */
	packages?: { never: RegExp } | { only: RegExp };
}

const web = /^(hono|@hono\/.*)$/;
const providers = /^(twilio|grammy|resend|stripe)$/;

/** The table of docs/architecture.md, top to bottom; the first zone that matches a file is its zone. */
const zones: Zone[] = [
	{ name: "src/contract", files: /^src\/contract\//, may: /^src\/contract\//, packages: { only: /^zod$/ } },
	{ name: "src/entry", files: /^src\/entry\//, may: /^src\// },
	{
		name: "src/cli",
		files: /^src\/cli\//,
		may: /^src\/(contract\/|state\/|companion\/|agents\/|[^/]+$)/,
		mayTypes: /^src\/desktop\/show-on-desktop\.ts$/,
	},
	{
		name: "src/<folder>",
		files: /^src\/(handlers|commands|inbox|agents|desktop)\//,
		may: /^src\/(contract\/|state\/|companion\/|[^/]+$)/,
		mayTypes: /^src\/desktop\/show-on-desktop\.ts$/,
	},
	{ name: "src/companion", files: /^src\/companion\//, may: /^src\/(contract\/|state\/|inbox\/|[^/]+$)/ },
	{ name: "src", files: /^src\/(state\/|[^/]+$)/, may: /^src\/(?!entry\/)/ },
	{ name: "server/main", files: /^server\/main\.ts$/, may: /^(server|src\/contract)\// },
	{
		name: "server/routes, server/pages",
		files: /^server\/(routes|pages)\//,
		may: /^(src\/contract\/|server\/((auth|domain|inbound)\/|(errors|http|app-deps|plugin-archive|cli-package|install-script|simulator-phone)\.ts$))/,
		mayTypes: /^server\/channels\/channel\.ts$/,
	},
	{
		name: "server/auth",
		files: /^server\/auth\//,
		may: /^(src\/contract\/|server\/(db\/|domain\/(secrets|fingerprint|session-token|policy-row)\.ts$|(errors|http)\.ts$))/,
		mayTypes: /^server\/(domain\/|app-deps\.ts$)/,
	},
	{
		name: "server/domain",
		files: /^server\/domain\//,
		may: /^(src\/contract\/|server\/(db\/|domain\/|errors\.ts$))/,
		mayTypes: /^server\/(channels\/channel|inbound\/(inbound|status-receipt))\.ts$/,
		packages: { never: new RegExp(`${web.source}|${providers.source}`) },
	},
	{
		name: "server/db",
		files: /^server\/db\//,
		may: /^src\/contract\//,
		mayTypes: /^server\/domain\/notice\.ts$/,
		packages: { never: web },
	},
	{
		name: "server/outbox",
		files: /^server\/outbox\//,
		may: /^(src\/contract\/|server\/(db\/|channels\/|domain\/(limits|policy|render-message|reply-token)\.ts$))/,
		mayTypes: /^server\/domain\/(deps|notice)\.ts$/,
		packages: { never: web },
	},
	{
		name: "server/channels/index",
		files: /^server\/channels\/index\.ts$/,
		may: /^(src\/contract\/|server\/channels\/)/,
		mayTypes: /^server\/(env|simulator-phone)\.ts$/,
	},
	{
		name: "server/channels",
		files: /^server\/channels\//,
		may: /^(src\/contract\/|server\/(channels\/channel\.ts$|errors\.ts$|inbound\/))/,
		mayTypes: /^server\/simulator-phone\.ts$/,
		packages: { never: web },
	},
	{
		name: "server/inbound",
		files: /^server\/inbound\//,
		may: /^(src\/contract\/|server\/inbound\/(inbound|status-receipt)\.ts$)/,
		packages: { never: web },
	},
	{ name: "server", files: /^server\/[^/]+$/, may: /^(server|src\/contract)\// },
	{ name: "emulators", files: /^tests\/helpers\/[^/]*emulator[^/]*\.ts$/, may: /^tests\/helpers\// },
	{ name: "tests and scripts", files: /^(tests|\.ci)\//, may: /./ },
];

const environmentReaders = /^(server\/main\.ts$|src\/entry\/|\.ci\/|tests\/helpers\/)/;
const providerFolders = /^server\/(channels|inbound|billing)\//;
const isTest = (path: string) => /\.test\.tsx?$/.test(path);

export interface ImportReport {
	/** How many files were read, by zone. */
	seen: Map<string, number>;
	/** `path:line what is wrong` */
	problems: string[];
}

export async function checkImports(root: string): Promise<ImportReport> {
	const report: ImportReport = { seen: new Map(), problems: [] };
	const channels = await registeredChannels(root);
	for (const path of await sourceFiles(root)) {
		const zone = zones.find((each) => each.files.test(path));
		const zoneName = isTest(path) ? "tests and scripts" : (zone?.name ?? "");
		report.seen.set(zoneName, (report.seen.get(zoneName) ?? 0) + 1);
		if (zone === undefined) report.problems.push(`${path}:1 stands in a folder that has no import rule`);
		else report.problems.push(...judge(path, zone, await readFile(join(root, path), "utf8"), channels));
	}
	return report;
}

async function sourceFiles(root: string): Promise<string[]> {
	const found: string[] = [];
	for (const folder of ["src", "server", "tests", ".ci"]) {
		const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
		for (const entry of entries) {
			if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
			found.push(relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, "/"));
		}
	}
	return found.sort();
}

/** What the registry lists: the files of server/channels that are channels and not helpers of some. */
async function registeredChannels(root: string): Promise<ReadonlySet<string>> {
	const registry = "server/channels/index.ts";
	const source = await readFile(join(root, registry), "utf8").catch(() => "");
	const imports = readModule(registry, source).imports;
	return new Set(imports.flatMap(({ target, typeOnly }) => (typeOnly ? [] : target)));
}

function judge(path: string, zone: Zone, source: string, channels: ReadonlySet<string>): string[] {
	const facts = readModule(path, source);
	const problems = facts.imports.flatMap((each) => {
		const reason = isTest(path) ? refusalInTest(path, each) : refusal(path, zone, each, channels);
		return reason === undefined ? [] : [`${path}:${each.line} ${reason}`];
	});
	if (!environmentReaders.test(path)) {
		problems.push(...facts.environmentLines.map((line) => `${path}:${line} reads the environment`));
	}
	if (!path.startsWith(".ci/")) {
		problems.push(...facts.unjudgeable.map(({ line, what }) => `${path}:${line} has ${what}`));
	}
	return problems;
}

function refusalInTest(path: string, { target, kind }: Import): string | undefined {
	if (path.startsWith("src/") && kind === "file" && target.startsWith("server/")) return `src imports ${target}`;
	return undefined;
}

function refusal(path: string, zone: Zone, imported: Import, channels: ReadonlySet<string>): string | undefined {
	const { target, kind, typeOnly } = imported;
	if (kind === "package") return refusedPackage(path, zone, target);
	if (kind === "node") return undefined;
	if (target === "server/main.ts") return "imports server/main.ts, which only wires";
	if (zone.may.test(target) || isFamily(path, zone, target, channels)) return undefined;
	if (zone.mayTypes?.test(target)) {
		return typeOnly ? undefined : `${zone.name} may import only types of ${target}`;
	}
	return `${zone.name} may not import ${target}`;
}

function refusedPackage(path: string, { name, packages }: Zone, target: string): string | undefined {
	const isProduct = /^(src|server)\//.test(path);
	if (isProduct && providers.test(target) && !providerFolders.test(path))
		return `${target} belongs into channels, inbound and billing`;
	if (packages === undefined) return undefined;
	const refused = "only" in packages ? !packages.only.test(target) : packages.never.test(target);
	return refused ? `${name} may not import ${target}` : undefined;
}

/**
 * Files of one folder belong together, but for two where each provider stands alone. In channels no file may import
 * a registered channel; in inbound the family is the first word of the name (twilio-message.ts, twilio-signature.ts).
 */
function isFamily(path: string, { name }: Zone, target: string, channels: ReadonlySet<string>): boolean {
	const [folder, file] = split(path);
	const [targetFolder, targetFile] = split(target);
	if (folder !== targetFolder) return false;
	if (name === "server/channels") return !channels.has(target);
	return name !== "server/inbound" || firstWord(file) === firstWord(targetFile);
}

function split(path: string): [folder: string, file: string] {
	const at = path.lastIndexOf("/");
	return [path.slice(0, at), path.slice(at + 1)];
}

function firstWord(file: string): string {
	return /^[a-z0-9]+/.exec(file)?.[0] ?? "";
}
