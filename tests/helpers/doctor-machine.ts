import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Cli, openCli } from "./cli.ts";
import { type FakePrograms, fakePrograms } from "./fake-programs.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

export const enabled = [{ id: "notify@claude-notify", version: "0.1.0", enabled: true, errors: [] }];

export interface DoctorMachine {
	cli: Cli;
	/** Each check by its name, and the exit code. */
	examine(env?: Record<string, string>): Promise<{ code: number | null; checks: Record<string, Checked> }>;
	/** What a person reads. */
	read(): Promise<string>;
}

interface Checked {
	name: string;
	state: string;
	text: string;
	cure?: string;
}

/** A developer's machine with Claude Code and the plugin on it, as far as `claude` tells. */
export async function doctorMachine(
	built: Cli,
	server: string | undefined,
	plugins: unknown = enabled,
): Promise<DoctorMachine> {
	const cli = await openCli(server, built);
	const fakes = await fakePrograms();
	onTestFinished(async () => {
		await cli[Symbol.asyncDispose]();
		await fakes[Symbol.asyncDispose]();
	});
	await installClaude(fakes, JSON.stringify(plugins));
	const PATH = `${fakes.path}:/usr/bin:/bin`;
	return {
		cli,
		async examine(env = {}) {
			const { code, stdout } = await cli.run(["doctor", "--json"], { env: { PATH, ...env } });
			const all: Checked[] = JSON.parse(stdout).checks;
			return { code, checks: Object.fromEntries(all.map((check) => [check.name, check])) };
		},
		read: async () => (await cli.run(["doctor"], { env: { PATH } })).stdout,
	};
}

/** What the real client answers to the two questions that doctor asks. */
async function installClaude({ path }: FakePrograms, listed: string): Promise<void> {
	const script = [
		"#!/bin/sh",
		`case "$*" in`,
		`--version) echo "2.1.329 (Claude Code)" ;;`,
		`"plugin list --json") printf '%s' '${listed}' ;;`,
		"*) exit 1 ;;",
		"esac",
	];
	await writeFile(join(path, "claude"), `${script.join("\n")}\n`, { mode: 0o755 });
}

const account = (channels: object[] = []) => ({ status: 200, body: { channels, sessions: [] } });
export const healthy = (server: ScriptedServer, date?: Date) =>
	server.on("GET /healthz", () => ({
		status: 200,
		body: { status: "ok", version: "0.1.0" },
		...(date === undefined ? {} : { headers: { date: date.toUTCString() } }),
	}));

export const telegram = {
	id: "018f4e9c-0000-7000-8000-000000000001",
	channel: "telegram",
	channel_title: "Telegram",
	address_masked: "@an***",
	simulated: false,
	opted_out: false,
	opted_out_hint: null,
};

/** A machine that is paired with a scripted server. */
export async function scriptedMachine(built: Cli, channels: object[] = [{ ...telegram, last_delivery: null }]) {
	const server = await startScriptedServer();
	onTestFinished(() => server[Symbol.asyncDispose]());
	healthy(server);
	server.on("GET /status", () => account(channels));
	const its = await doctorMachine(built, server.url);
	its.cli.pair(server.url);
	return { server, ...its };
}
