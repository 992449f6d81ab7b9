import { neonConfig } from "@neondatabase/serverless";
import { openDatabase } from "../../server/db/client.ts";
import { databases, type TestDatabase } from "./database.ts";
import { startNeonProxy } from "./neon-proxy.ts";

export interface NeonDatabase extends TestDatabase {
	/** What the world's address of the same database would be, by Neon's pooler or past it. */
	neonUrl(kind: "pooled" | "direct"): string;
}

/** A database of PostgreSQL's that is spoken to by Neon's own driver, through a WebSocket, by the pooler's address. */
export async function openTestNeon(): Promise<NeonDatabase> {
	const postgres = await databases[1].open();
	if (postgres.url === undefined) throw new Error("PostgreSQL did not give a URL");
	const local = new URL(postgres.url);
	const proxy = await startNeonProxy({ host: local.hostname, port: Number(local.port || 5432) });
	neonConfig.wsProxy = () => proxy.address;
	neonConfig.useSecureWebSocket = false;
	neonConfig.pipelineConnect = false;
	neonConfig.forceDisablePgSSL = true;
	function neonUrl(kind: "pooled" | "direct"): string {
		const url = new URL(local);
		url.hostname = `ep-test-1${kind === "pooled" ? "-pooler" : ""}.eu-central-1.aws.neon.tech`;
		return url.href;
	}
	const database = await openDatabase({
		url: neonUrl("pooled"),
		dataDir: postgres.dataDir,
		migrationsFolder: "server/db/migrations",
		onError: (error) => process.stderr.write(`neon: ${error.message}\n`),
	});
	return {
		...database,
		url: postgres.url,
		dataDir: postgres.dataDir,
		neonUrl,
		async close() {
			await database.close();
			await proxy[Symbol.asyncDispose]();
			await postgres.close();
		},
	};
}
