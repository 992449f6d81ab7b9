import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { it } from "vitest";
import { type AskingSession, askingSession } from "../helpers/asking-session.ts";
import { percentile, table } from "./figures.ts";

const rounds = 30;
const warmUp = 2;
/** A dialog takes no key in its first moments. */
const deafMs = 400;

/** As if nobody had been asked before: a session may ask its phone 20 times in an hour. */
async function passLimits({ loop }: AskingSession): Promise<void> {
	await loop.database.db.execute(
		sql`update rate_slots set used = 0, window_started_at = window_started_at - interval '1 hour'`,
	);
}

/** From the answer until the model has the tool's result, in milliseconds. */
async function ask(session: AskingSession, name: string, answer: () => Promise<void>): Promise<number> {
	const { loop, tui } = session;
	await passLimits(session);
	await session.askFor(`mkdir ${name}`, `${name}-done`);
	await tui.waitForScreen(/❯ 1\. Yes/, 20_000);
	await sleep(deafMs);
	const answeredAt = performance.now();
	const answering = answer();
	const request = await loop.model.waitForRequest(
		({ userText, toolResults }) => userText.endsWith(`please ${name}-done`) && toolResults.length > 0,
		30_000,
	);
	await answering;
	await tui.waitForScreen(new RegExp(`● ${name}-done`), 20_000);
	return request.at - answeredAt;
}

it("prints how long a permission takes from the phone's answer to the tool's result", async () => {
	await using session = await askingSession({ phone: "twilio" });
	const samples = { phone: [] as number[], terminal: [] as number[] };
	for (let round = 0; round < rounds + warmUp; round++) {
		// Interleaved, so that the machine's noise falls on both alike.
		const byPhone = await ask(session, `phone${round}x`, () => session.loop.phone.reply(`${session.handle} y`));
		const atTerminal = await ask(session, `terminal${round}x`, () => session.tui.press("Enter"));
		if (round < warmUp) continue;
		samples.phone.push(byPhone);
		samples.terminal.push(atTerminal);
	}
	const rows = Object.entries(samples).map(([name, sample]) => [
		name === "phone" ? "webhook with the answer" : "Enter at the terminal",
		percentile(sample, 50),
		percentile(sample, 99),
		Math.max(...sample),
	]);
	const head = ["permission answered by", "p50 ms", "p99 ms", "max ms"];
	process.stdout.write(`\n${rounds} answers each, answer -> model request with mkdir's result\n${table(head, rows)}\n`);
});
