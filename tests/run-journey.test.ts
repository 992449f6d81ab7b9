import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { eventLimits } from "../server/domain/limits.ts";
import { type Cli, openCli } from "./helpers/cli.ts";
import { databases, travel } from "./helpers/database.ts";
import { codeIn } from "./helpers/login.ts";
import { type MailServer, startMailServer } from "./helpers/mail-server.ts";
import { until } from "./helpers/until.ts";

const address = "ann@gmail.com";

/** By the very commands that a person types. */
async function logIn(cli: Cli, { resend }: MailServer): Promise<void> {
	expect(await cli.run(["login", address])).toMatchObject({ code: 0 });
	const mail = resend.sent.findLast(({ to }) => to.includes(address));
	expect(await cli.run(["login", "--code", codeIn(mail?.text ?? "")])).toMatchObject({ code: 0 });
}

it.each(databases)(
	"a free user runs make, gets the mail at its end, reaches the day's limit, and the next morning it is theirs again, on $name (row 211)",
	async ({ open }) => {
		const database = await open();
		try {
			await using mail = await startMailServer(database);
			await using cli = await openCli(mail.server.url.origin);
			await logIn(cli, mail);
			await writeFile(join(cli.home, "../Makefile"), "all:\n\t@echo linking\n\t@echo all done\n");
			const mails = (subject: string) =>
				mail.resend.sent.filter(({ to, text }) => to.includes(address) && (text ?? "").includes(subject));

			const run = await cli.run(["run", "make"]);
			expect(run).toMatchObject({ code: 0, stdout: "linking\nall done\n", stderr: "" });
			const told = await mail.resend.waitForMail(({ text }) => (text ?? "").startsWith("✅ make\nDone in 0:"));
			expect(told.text).toContain("linking\nall done");
			expect(told.replyTo).toEqual([]);

			// All but one of the day's, as if they had been run.
			await database.db.execute(
				sql`update rate_slots set used = ${eventLimits.tasks.count - 1} where kind = 'day' and class = 'task'`,
			);
			expect(await cli.run(["run", "--title", "the last", "make"])).toMatchObject({ code: 0 });
			await mail.resend.waitForMail(({ text }) => (text ?? "").startsWith("✅ the last\n"));
			expect(await cli.run(["run", "--title", "one more", "make"])).toMatchObject({ code: 0 });
			await until(
				async () => Number(await database.db.$count(sql`tasks`, sql`title = 'one more' and outcome = 'limited'`)) === 1,
				30_000,
				() => "the end of the one more did not come",
			);
			const refused = await cli.run(["notify", "are you there?"]);
			expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining("are used up; the next can leave") });

			await travel(database.db, "1 day");
			expect(await cli.run(["run", "--title", "next morning", "make"])).toMatchObject({ code: 0 });
			await mail.resend.waitForMail(({ text }) => (text ?? "").startsWith("✅ next morning\n"));
			expect(mails("one more")).toEqual([]);
			expect(mail.resend.violations).toEqual([]);
		} finally {
			await database.close();
		}
	},
	180_000,
);
