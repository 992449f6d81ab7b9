import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../db/client.ts";
import { auditReply } from "./audit-reply.ts";
import type { Deps } from "./deps.ts";
import { holdReply, takeHeldReply } from "./held-reply.ts";
import type { Notice } from "./notice.ts";
import { answered, type Effect, refused } from "./reply-effect.ts";
import type { Addressee } from "./route-reply.ts";
import { type Sender, storeReply } from "./store-reply.ts";

type Tx = Pick<Db, "delete" | "execute" | "insert">;

interface ForEnded {
	sender: Sender;
	session: Addressee;
	text: string;
}

/** A reply to a session that has ended goes to no other one: it waits, and the phone is told how to go on. */
export async function offerResume(tx: Tx, { sender, session, text }: ForEnded): Promise<Effect> {
	if (text !== "") await holdReply(tx, sender, text);
	const { machine, host } = await placeOf(tx, session);
	return answered(endedNotice(session, { machine, live: host !== null }), session.id);
}

/** Hands the text to a live session of the same machine, whose companion goes on with the ended one. Asked for by the user, and by nothing else. */
export async function resumeSession(tx: Tx, deps: Deps, { sender, session, text }: ForEnded): Promise<Effect> {
	const { machine, host } = await placeOf(tx, session);
	const { handle, description } = session;
	const waiting = await takeHeldReply(tx, sender);
	const wanted = text === "" ? waiting : text;
	if (wanted === undefined) return refused(`Write what it should do: ${handle} resume run the tests`);
	const audited = { sender, sessionId: session.id, action: "resume", text: wanted } as const;
	if (host === null) {
		await holdReply(tx, sender, wanted);
		await auditReply(tx, deps, { ...audited, outcome: "refused", why: `No session is monitored on ${machine}.` });
		return answered(endedNotice(session, { machine, live: false }), session.id);
	}
	await storeReply(tx, deps, { sender, sessionId: host, text: wanted, resumes: session.id });
	await auditReply(tx, deps, { ...audited, outcome: "done", why: `Handed to ${machine}, to go on with the session.` });
	return { ...answered({ kind: "resuming", handle, description, machine }, session.id), wakes: [host] };
}

function endedNotice(
	{ handle, description }: Addressee,
	resume: { machine: string; live: boolean },
): Extract<Notice, { kind: "session_ended" }> {
	return { kind: "session_ended", handle, description, resume };
}

const place = z.object({ machine: z.string(), host: z.string().nullable() });

/** Where it ran, and the session there whose companion was heard of last. */
async function placeOf(tx: Pick<Db, "execute">, { id }: Addressee): Promise<z.infer<typeof place>> {
	const [found] = await rowsOf(
		tx,
		place,
		sql`select s.hostname as machine, (
				select h.id from sessions h
				where h.user_id = s.user_id and h.device_id = s.device_id and h.status = 'active' and h.agent = s.agent
				order by h.last_heartbeat_at desc, h.id limit 1
			) as host
			from sessions s where s.id = ${id}::uuid`,
	);
	return found ?? { machine: "its computer", host: null };
}
