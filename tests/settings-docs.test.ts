import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { eventLimits } from "../server/domain/limits.ts";
import { toldOutcomes } from "../src/contract/events.ts";
import { limitForm, limitHelp, settings } from "../src/contract/settings.ts";

const page = readFile("docs/settings.md", "utf8");

describe("docs/settings.md", () => {
	it("has the table of settings as the contract has them (row 200)", async () => {
		const rows = settings.map(
			({ key, default: usual, unit, help }) =>
				`| \`${key}\` | \`${String(usual).replaceAll("|", "\\|")}\` | ${unit} | ${help} |`,
		);
		const lines = (await page).split("\n");
		expect(lines.filter((line) => /^\| `(?!limit\.|mute|\/)/.test(line))).toEqual(rows);
	});

	it("says the usual limits as the server has them", async () => {
		const { window, urgent, sms } = eventLimits;
		const usual = `\`1/${window.metered / 60}m\` metered, \`1/${window.free / 60}m\` free, \`${urgent.count}/${urgent.window / 3600}h\` for ${urgent.types.join(" and ")}`;
		expect(await page).toContain(`| \`${limitForm}\` | ${usual} | N/time, 1/30m | ${limitHelp} |`);
		expect(await page).toContain(`at most ${sms.count} SMS a day`);
	});

	it("explains every outcome", async () => {
		const explained = [...(await page).matchAll(/^\| ([a-z]+(?:, [a-z]+)?) \|/gm)].flatMap(([, names = ""]) =>
			names.split(", "),
		);
		for (const outcome of toldOutcomes) expect(explained).toContain(outcome);
	});
});
