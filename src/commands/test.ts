import type { DeliveryReport } from "../contract/sessions.ts";
import type { Command } from "./tools.ts";
import { deliveryWords } from "./words.ts";

/** How long the receipt may take, in seconds. */
const waitSeconds = 10;

/** Sends one message now and shows what became of it. */
export const test: Command = async (_args, { login }) => {
	const { deliveries } = await login.call((token) => login.api.sendTest(token));
	if (deliveries.length === 0) return "There is no channel to send a test to. Run /notify-setup.";
	const settled = await Promise.all(
		deliveries.map(({ id }) => login.call((token) => login.api.delivery(token, id, waitSeconds))),
	);
	return settled.map(words).join("\n");
};

function words(report: DeliveryReport): string {
	return `Test to ${report.address_masked} by ${report.channel_title}: ${deliveryWords(report)}`;
}
