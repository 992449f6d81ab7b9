import * as z from "zod";
import { networkReason } from "../api-call.ts";
import { version } from "../version.ts";
import { CliFailure, type CliTools, cliCommand, UsageError } from "./command.ts";

const patienceMs = 10_000;
const usualRegistry = "https://registry.npmjs.org";
const loopbackHosts = ["127.0.0.1", "[::1]", "localhost"];

const numbers = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-([0-9A-Za-z.-]{1,60}))?$/;
const latestVersion = z.object({ version: z.string().regex(numbers) });

/** Asks the registry, and says what to type. It never changes anything: what runs on a machine is its owner's decision. */
export const update = cliCommand({
	name: "update",
	summary: "See whether there is a newer version; nothing is changed",
	example: "claude-notify update --check",
	args: {
		check: { type: "boolean", description: "Only look (the usual)" },
		registry: { type: "string", description: "Another npm registry (default: npm_config_registry)", valueHint: "URL" },
	},
	async run({ registry }, tools) {
		const base = registryOf(registry ?? given(tools, "npm_config_registry") ?? usualRegistry);
		const latest = await latestIn(base);
		const newer = isNewer(latest, version);
		const data = { current: version, latest, newer };
		if (!newer) return { data, text: `${version} is the newest version.` };
		const steps = [
			`${latest} is there; this is ${version}. Type what fits your installation:`,
			`  npm install -g claude-notify@${latest}`,
			"  claude plugin update notify@claude-notify",
		];
		return { data, text: steps.join("\n") };
	},
});

function given({ machine: { env } }: CliTools, name: string): string | undefined {
	const value = env[name]?.trim();
	return value === "" ? undefined : value;
}

function registryOf(text: string): string {
	if (!URL.canParse(text)) throw new UsageError("--registry is not a URL. Example: https://registry.npmjs.org");
	const url = new URL(text);
	if (url.protocol !== "https:" && !(url.protocol === "http:" && loopbackHosts.includes(url.hostname))) {
		throw new UsageError("The registry must be https: plain http is for this machine itself (127.0.0.1) only.");
	}
	return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

async function latestIn(registry: string): Promise<string> {
	const url = `${registry}/claude-notify/latest`;
	let response: Response;
	let body: unknown;
	try {
		response = await fetch(url, { signal: AbortSignal.timeout(patienceMs), headers: { accept: "application/json" } });
		body = await response.json().catch(() => undefined);
	} catch (error) {
		throw new CliFailure("unreachable", `${registry} cannot be reached: ${networkReason(error)}. Try again later.`);
	}
	if (response.status === 404) throw new CliFailure("not_found", `${registry} has no claude-notify.`);
	const read = latestVersion.safeParse(body);
	if (response.ok && read.success) return read.data.version;
	throw new CliFailure("failed", `${registry} gave no version (HTTP ${response.status}). Try again later.`);
}

/** By semantic versioning: numbers first; of the same numbers a pre-release is older than the release. */
export function isNewer(candidate: string, current: string): boolean {
	const [a, b] = [candidate, current].map((text) => numbers.exec(text));
	if (!a || !b) return false;
	for (const part of [1, 2, 3]) {
		const difference = Number(a[part]) - Number(b[part]);
		if (difference !== 0) return difference > 0;
	}
	if (a[4] === undefined || b[4] === undefined) return a[4] === undefined && b[4] !== undefined;
	return a[4].localeCompare(b[4], "en", { numeric: true }) > 0;
}
