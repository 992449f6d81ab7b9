import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runOutboxCommand } from "../server/outbox-command.ts";
import { openBeside } from "./helpers/faults-database.ts";
import { addDelivery, addUser, testDeps } from "./helpers/fixture.ts";
import { type TemporaryFolder, temporaryFolder } from "./helpers/temporary-folder.ts";

describe("npm run outbox", () => {
	let folder: TemporaryFolder;

	beforeAll(async () => {
		folder = await temporaryFolder();
	});
	afterAll(() => folder[Symbol.asyncDispose]());

	async function run(...args: string[]): Promise<{ code: number; said: string }> {
		let said = "";
		const code = await runOutboxCommand({
			args,
			environment: { DATA_DIR: folder.path },
			folder: folder.path,
			output: { write: (text) => (said += text) },
		});
		return { code, said };
	}

	it("shows what did not leave, without the address, and sends it again", { timeout: 60_000 }, async () => {
		expect(await run()).toEqual({ code: 0, said: "Every message has left.\n" });
		const database = await openBeside(undefined, folder.path);
		const deps = testDeps(database.db, []);
		const user = await addUser(deps);
		const dead = await addDelivery(deps, user, { state: "dead", attempts: 20, error: "The provider is busy." });
		const failed = await addDelivery(deps, user, { state: "failed", attempts: 1, error: "Not a mobile phone." });
		await database.close();
		const { said } = await run();
		expect(said).toContain(`${dead}  0 min ago  sms +1***`);
		expect(said).toContain("dead after 20  The provider is busy.");
		expect(said).toContain(failed);
		expect(said).not.toContain(user.addresses[0]);
		expect(await run("redrive", "all")).toEqual({ code: 0, said: "1 queued again\n" });
		expect(await run("redrive", failed)).toEqual({ code: 0, said: "1 queued again\n" });
		expect((await run()).said).toBe("Every message has left.\n");
	});

	it.each([["redrive"], ["redrive", "some"], ["delete", "all"], ["redrive", "all", "all"]])(
		"says what it can do to %s %s",
		async (...args) => {
			const { code, said } = await run(...args);
			expect(code).toBe(2);
			expect(said).toContain("npm run outbox -- redrive all");
		},
	);
});
