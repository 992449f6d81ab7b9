import { it } from "vitest";
import { travel } from "../helpers/database.ts";
import { startLoop } from "../helpers/loop.ts";
import { inboxStatesOf } from "../helpers/stored.ts";
import { until } from "../helpers/until.ts";
import { percentile, table } from "./figures.ts";

const replies = 30;
const warmUp = 2;

it("prints how long a reply takes from the provider's webhook to the model", async () => {
	const rows: (string | number)[][] = [];
	for (const database of ["PostgreSQL", "PGlite"] as const) {
		await using loop = await startLoop({ phone: "twilio", database });
		await loop.pair();
		await using tui = await loop.tui();
		await tui.type('/notify-start "bench"');
		await tui.waitForScreen(/monitor/i);
		const sample: number[] = [];
		for (let turn = 0; turn < replies + warmUp; turn++) {
			// Ten replies a minute are the limit of a user.
			await travel(loop.database.db, "1 minute");
			const words = `reply number ${turn} of the bench`;
			const sentAt = performance.now();
			await loop.phone.reply(words);
			const request = await loop.model.waitForRequest(({ newText }) => newText.includes(words));
			if (turn >= warmUp) sample.push(request.at - sentAt);
			await until(
				async () => (await inboxStatesOf(loop.database.db)).at(-1) === "seen" && /^❯/m.test(await tui.screen()),
				10_000,
				() => "the session did not become idle again",
			);
			// The client's inbox has a rate limit of its own: of texts 200 ms apart it drops the 32nd.
			await new Promise((passed) => setTimeout(passed, 400));
		}
		rows.push([database, percentile(sample, 50), percentile(sample, 99), Math.max(...sample)]);
	}
	const head = ["database", "p50 ms", "p99 ms", "max ms"];
	process.stdout.write(`\n${replies} replies, webhook sent -> model request, idle session\n${table(head, rows)}\n`);
});
