import { NotPaired } from "../companion/login.ts";
import type { DeliveryReport, UserChannel } from "../contract/sessions.ts";
import { reasonOf } from "../log.ts";
import { removePairing } from "../state/pairing.ts";
import { version } from "../version.ts";
import { type CliResult, cliCommand } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";

/** How long the receipt of a test may take, in seconds. */
const receiptSeconds = 10;

export const logout = cliCommand({
	name: "logout",
	summary: "Revoke this machine's login and remove it from the disk",
	example: "claude-notify logout",
	args: {},
	async run(_, { login, home }) {
		const told = await login
			.call((token) => login.api.logout(token))
			.then(
				({ sessions_cleared }) => ({ revoked: true, sessions_cleared, text: "Logged out." }),
				(error: unknown) => ({
					revoked: false,
					sessions_cleared: 0,
					text:
						error instanceof NotPaired
							? "There was no login on this machine."
							: `Logged out on this machine, but the server could not be told: ${reasonOf(error)}`,
				}),
			);
		await login.forget();
		removePairing(home);
		const { text, ...data } = told;
		return { data, text };
	},
});

export const whoami = cliCommand({
	name: "whoami",
	summary: "Show which address this machine is paired with",
	example: "claude-notify whoami --json",
	args: {},
	async run(_, { login }) {
		const { server, channel, channel_title, address_masked, expires_at } = login.read();
		return {
			data: { server, channel, address_masked, expires_at },
			text: `${address_masked} by ${channel_title ?? channel}, at ${server}`,
		};
	},
});

export const status = cliCommand({
	name: "status",
	summary: "Show where messages go, what became of the last ones, and what is monitored",
	example: "claude-notify status",
	args: {},
	async run(_, { login }) {
		const account = await login.call((token) => login.api.status(token));
		const channels = account.channels.map(channelLine);
		const lines = [
			...(channels.length === 0 ? ["To: nobody. Run claude-notify login."] : channels),
			...(account.policy?.muted_until ? [`Muted until ${account.policy.muted_until}`] : []),
			`Sessions: ${account.sessions.length}`,
			`Server: ${login.api.server}`,
		];
		return { data: { server: login.api.server, ...account }, text: lines.join("\n") };
	},
});

export const sessions = cliCommand({
	name: "sessions",
	summary: "List the Claude Code sessions that are monitored",
	example: "claude-notify sessions",
	args: {},
	async run(_, { login }) {
		const account = await login.call((token) => login.api.status(token));
		const lines = account.sessions.map(
			({ handle, description, hostname, status: state }) => `${handle ?? "-"}  ${description}  ${hostname}  ${state}`,
		);
		return { data: account.sessions, text: lines.length === 0 ? "No session is monitored." : lines.join("\n") };
	},
});

/** Ends with 1 unless every message was taken by its provider: a script may rely on it. */
export const test = cliCommand({
	name: "test",
	summary: "Send one message to each of your channels and wait for its receipt",
	example: "claude-notify test",
	args: {},
	async run(_, { login }): Promise<CliResult> {
		const { deliveries } = await login.call((token) => login.api.sendTest(token));
		const settled = await Promise.all(
			deliveries.map(({ id }) => login.call((token) => login.api.delivery(token, id, receiptSeconds))),
		);
		const ok = settled.length > 0 && settled.every(({ state }) => state === "sent" || state === "delivered");
		const text = settled.map((each) => `${each.address_masked} by ${each.channel_title}: ${deliveryWords(each)}`);
		return { data: settled, text: text.join("\n"), code: ok ? exitCodes.ok : exitCodes.failed };
	},
});

export const showVersion = cliCommand({
	name: "version",
	summary: "Print the version",
	example: "claude-notify version",
	args: {},
	run: async () => ({ data: { version }, text: version }),
});

function channelLine({ address_masked, channel_title, simulated, opted_out, last_delivery }: UserChannel): string {
	const notes = [...(simulated ? [" (simulated phone)"] : []), ...(opted_out ? [" (switched off at your end)"] : [])];
	const last = last_delivery === null ? "nothing sent yet" : `last message ${deliveryWords(last_delivery)}`;
	return `To: ${address_masked} by ${channel_title}${notes.join("")}; ${last}`;
}

function deliveryWords({ state, error, updated_at }: DeliveryReport): string {
	return `${state}${error === null ? "" : ` (${error})`}, ${updated_at}`;
}
