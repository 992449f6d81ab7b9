import type { Source } from "./channels/provider.ts";
import { readConfiguration } from "./configuration.ts";
import { readEnv } from "./env.ts";
import { createLog } from "./log.ts";
import { type DeadMessage, listDead, redrive } from "./outbox/redrive.ts";
import { openOwnDatabase } from "./start.ts";

export interface OutboxCommand {
	args: readonly string[];
	environment: Source;
	/** Where `.env` and relative paths are looked for. */
	folder: string;
	output: { write(text: string): unknown };
}

const usage = `npm run outbox                        the messages of the last week that did not leave
npm run outbox -- redrive all         sends those that were given up (dead) again
npm run outbox -- redrive <id> ...    sends these again, also after a refusal (failed)
`;

/** Shows the messages that did not leave, and queues them again: a running server takes them within a second. Resolves to the exit code. */
export async function runOutboxCommand({ args, environment, folder, output }: OutboxCommand): Promise<number> {
	const [verb, ...ids] = args;
	const wellFormed = verb === undefined || (verb === "redrive" && areIds(ids));
	if (!wellFormed) {
		output.write(usage);
		return 2;
	}
	const { given } = await readConfiguration(environment, folder);
	const database = await openOwnDatabase(readEnv(given), createLog("error"));
	try {
		if (verb === undefined) {
			const lines = (await listDead(database.db)).map(lineOf);
			output.write(`${lines.length === 0 ? "Every message has left." : lines.join("\n")}\n`);
			return 0;
		}
		const queued = await redrive(database.db, ids[0] === "all" ? "all" : ids);
		output.write(`${queued.length} queued again\n`);
		return 0;
	} finally {
		await database.close();
	}
}

function areIds(ids: readonly string[]): boolean {
	if (ids.length === 1 && ids[0] === "all") return true;
	return ids.length > 0 && ids.every((id) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id));
}

function lineOf({ id, age, channel, label, state, attempts, error }: DeadMessage): string {
	const minutes = Math.round(age / 60);
	return `${id}  ${minutes} min ago  ${channel} ${label}  ${state} after ${attempts}  ${error ?? ""}`;
}
