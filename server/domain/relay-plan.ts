import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../db/client.ts";
import { users } from "../db/schema.ts";
import type { Refusal } from "./admit-reply.ts";
import { auditReply } from "./audit-reply.ts";
import type { Deps } from "./deps.ts";
import type { Sender } from "./store-reply.ts";

type Tx = Pick<Db, "execute" | "insert" | "select">;

/** Why the user's plan has no replies; undefined where it has. The phone is told once a day. */
export async function planRefusal(
	tx: Tx,
	deps: Pick<Deps, "id" | "channels" | "relayPlans">,
	sender: Sender,
	text: string,
): Promise<Refusal | undefined> {
	if (deps.relayPlans === undefined) return undefined;
	const [user] = await tx.select({ plan: users.plan }).from(users).where(eq(users.id, sender.userId));
	if (user !== undefined && deps.relayPlans.includes(user.plan)) return undefined;
	const reason = `Replies to a session are not part of your plan (${user?.plan ?? "none"}). Upgrade to ${deps.relayPlans.join(" or ")} to send them.`;
	await auditReply(tx, deps, { sender, action: "reply", outcome: "refused", why: reason, text });
	return { code: "plan", reason, tell: await firstToday(tx, sender) };
}

async function firstToday(tx: Tx, { userId }: Sender): Promise<boolean> {
	const told = await rowsOf(
		tx,
		z.object({ used: z.coerce.number() }),
		sql`insert into rate_slots (scope, kind, class) values (${`user:${userId}`}, 'plan', 'day')
			on conflict (scope, kind, class) do update set window_started_at = now()
				where rate_slots.window_started_at <= now() - interval '1 day'
			returning used`,
	);
	return told.length > 0;
}
