import * as z from "zod";

const patienceMs = 10_000;
const alive = z.object({ status: z.literal("ok"), version: z.string() });

export interface ServerHealth {
	/** Undefined: what answers there is no claude-notify server. */
	version: string | undefined;
	/** HTTP status. */
	status: number;
	/** Its clock, as the Date header has it. */
	date: string | null;
}

/** What a server says of itself to anybody. Throws what fetch throws. */
export async function serverHealth(server: string): Promise<ServerHealth> {
	const response = await fetch(`${server}/healthz`, { redirect: "error", signal: AbortSignal.timeout(patienceMs) });
	const body = alive.safeParse(await response.json().catch(() => undefined));
	return { version: body.data?.version, status: response.status, date: response.headers.get("date") };
}
