import { networkReason } from "../api-call.ts";
import { version } from "../version.ts";
import { CliFailure, cliCommand } from "./command.ts";
import { serverHealth } from "./server-health.ts";

const numbers = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-([0-9A-Za-z.-]{1,60}))?$/;

/** Asks the server, which gives this command line and the plugin out, and says what to type. What runs on a machine is its owner's decision. */
export const update = cliCommand({
	name: "update",
	summary: "See whether your server has a newer version; nothing is changed",
	example: "claude-notify update --check",
	args: { check: { type: "boolean", description: "Only look (the usual)" } },
	async run(_given, { login }) {
		const { server } = login.api;
		const latest = await versionOf(server);
		const newer = isNewer(latest, version);
		const data = { current: version, latest, newer };
		if (!newer) return { data, text: `${version} is the newest version that ${server} has.` };
		const steps = [
			`${latest} is there; this is ${version}. Type what fits your installation:`,
			`  curl -fsSL ${server}/install.sh | sh`,
			"  claude plugin update notify@claude-notify",
		];
		return { data, text: steps.join("\n") };
	},
});

async function versionOf(server: string): Promise<string> {
	const health = await serverHealth(server).catch((error: unknown) => {
		throw new CliFailure("unreachable", `${server} cannot be reached: ${networkReason(error)}. Try again later.`);
	});
	if (health.version !== undefined && numbers.test(health.version)) return health.version;
	throw new CliFailure("failed", `${server} gave no version (HTTP ${health.status}). Is it a claude-notify server?`);
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
