import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { startOutbox } from "../server/outbox/worker.ts";
import {
	buildInto,
	failedBash,
	hookOf,
	initialize,
	pairedMachine,
	startCompanion,
	typed,
} from "./helpers/companion-process.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addSession, addUser, report, testChannel, testDeps } from "./helpers/fixture.ts";
import { startScriptedServer } from "./helpers/scripted-server.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";

const never = new Promise<never>(() => undefined);
/** A third of what one attempt may take: whoever waited for it would be over. How fast it really is, `npm run bench:hooks` says. */
const notWaitedMs = 5000;

/** Milliseconds that each run takes, one after the other; the value that nine of ten stay below. */
async function slowOf(count: number, work: () => Promise<unknown>): Promise<number> {
	const times: number[] = [];
	for (let n = 0; n < count; n++) {
		const began = performance.now();
		await work();
		times.push(performance.now() - began);
	}
	return times.sort((a, b) => a - b)[Math.floor(count * 0.9)] ?? 0;
}

it("a hook waits for nothing while the server never answers (row 117)", async () => {
	await using built = await temporaryFolder();
	await using server = await startScriptedServer();
	await using paired = await pairedMachine(server);
	await using companion = await startCompanion(await buildInto(built.path), { env: paired.env });
	await initialize(companion);
	await companion.hook(typed("start", "x"));
	for (const route of ["events", "heartbeat"]) server.on(`POST /sessions/*/${route}`, () => never);
	server.on("GET /sessions/*/inbox", () => never);
	const stop = hookOf("Stop", { background_tasks: "[]", stop_hook_active: "false" });
	for (const hook of [hookOf("UserPromptSubmit", { prompt: "go" }), failedBash, stop]) {
		expect(await slowOf(30, () => companion.hook(hook))).toBeLessThan(notWaitedMs);
	}
});

describe.each(databases)("on $name", ({ open }) => {
	let database: TestDatabase;

	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());

	it("an event is taken while the provider never answers (row 117)", async () => {
		const sms = testChannel("sms", { deliver: () => never });
		const deps = testDeps(database.db, [sms]);
		const outbox = startOutbox(deps, { pollMs: 50 });
		deps.wakeOutbox = outbox.wake;
		const slow = await slowOf(40, async () => {
			const session = await addSession(deps, await addUser(deps), { handle: null });
			expect(await acceptEvent(deps, session, report("done"))).toMatchObject({ outcome: "queued" });
		});
		await outbox.stop(0);
		expect(slow).toBeLessThan(notWaitedMs);
	});
});
