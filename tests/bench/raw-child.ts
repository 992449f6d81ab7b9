import { createServer } from "node:http";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { openDatabase } from "../../server/db/client.ts";
import { statement } from "../../server/db/statement.ts";
import { insertEvent } from "../../server/domain/accept-event-sql.ts";
import { channelRules, eventLimits } from "../../server/domain/limits.ts";
import { policyColumns, policyRow } from "../../server/domain/policy-row.ts";
import { reportEvent } from "../../src/contract/events.ts";
import { testChannel, testDeps } from "../helpers/fixture.ts";

// What an event costs at the least: the endpoint's two statements through the same driver, behind node's own HTTP server and nothing else.
const [url = ""] = process.argv.slice(2);
const database = await openDatabase({
	url,
	dataDir: "unused",
	migrationsFolder: "server/db/migrations",
	onError: (error) => process.stderr.write(`${error.message}\n`),
});
const deps = testDeps(database.db, [testChannel("sms")]);
const dayEnd = new Date(Date.now() + 86_400_000);

const server = createServer((request, response) => {
	let body = "";
	request.setEncoding("utf8").on("data", (chunk) => {
		body += chunk;
	});
	request.on("end", () => {
		const event = reportEvent.parse(JSON.parse(body));
		take(request.headers.authorization ?? "", event).then(
			(row) => response.setHeader("content-type", "application/json").end(JSON.stringify(row)),
			() => response.writeHead(500).end(),
		);
	});
});

const ofToken = statement(
	policyRow.extend({ id: z.string(), user_id: z.string() }),
	["hash"],
	(p) => sql`select s.id, s.user_id, ${policyColumns}
		from sessions s join devices d on d.id = s.device_id join users u on u.id = s.user_id
		where s.token_hash = ${p.hash}::text`,
);

async function take(tokenHash: string, event: ReturnType<typeof reportEvent.parse>) {
	const [found] = await ofToken(database.db, { hash: tokenHash });
	if (found === undefined) throw new Error("unknown");
	const session = { id: found.id, userId: found.user_id };
	const rules = channelRules(deps.channels, event.type, eventLimits);
	return insertEvent(deps, { session, event, limits: eventLimits, slot: event.type, rules, delaySeconds: 300, dayEnd });
}

server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
process.on("disconnect", () => process.exit(0));
