import { sql } from "drizzle-orm";
import { z } from "zod";
import { rowsOf } from "../db/client.ts";
import type { Deps } from "./deps.ts";
import { unsubscribeToken } from "./reply-token.ts";
import { sameSecret } from "./secrets.ts";

/** Switches the address off that a token of `unsubscribeToken` names. The token is all the authority there is; one that is none has no effect. */
export async function unsubscribe(deps: Pick<Deps, "db" | "vault" | "log">, token: string): Promise<void> {
	const { data: identityId } = z.uuid().safeParse(token.slice(0, token.indexOf(".")));
	if (identityId === undefined || !sameSecret(unsubscribeToken(deps, identityId), token)) return;
	const [switchedOff] = await rowsOf(
		deps.db,
		z.object({ channel: z.string() }),
		sql`update identities set opted_out_at = now() where id = ${identityId} and opted_out_at is null
			returning channel`,
	);
	if (switchedOff !== undefined) deps.log.info({ identity: identityId, ...switchedOff }, "unsubscribed");
}
