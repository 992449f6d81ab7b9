import { sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import type { Deps } from "../deps.ts";
import type { Addressee } from "../route-reply.ts";
import type { Sender } from "../store-reply.ts";
import { answerRequest } from "./answer-request.ts";
import { type ApprovalNotice, nameOfRequest, noticeAbout } from "./approval-notice.ts";
import { type ApprovalRow, lockApproval, selectApprovals } from "./approval-row.ts";
import { chooseRequest } from "./choose-request.ts";
import { openRows } from "./open-approvals.ts";
import { overBy } from "./over.ts";
import { type ReadAnswer, readAnswer } from "./read-answer.ts";

/** What a verified person sent, after the choke point. */
export interface PhoneAnswer {
	sender: Sender;
	/** As the letters go. */
	sessions: readonly Addressee[];
	/** The session that the message points at by itself. */
	pointer: string | undefined;
	/** The event whose message was answered; that of a request has the request's id. */
	pointedEvent: string | undefined;
	text: string;
}

export interface AnswerTaken {
	notice: ApprovalNotice;
	/** The session that the notice is about; undefined where it is about several. */
	about: string | undefined;
	/** Requests whose waiters have something to look at after the commit. */
	wakes: string[];
}

type Tx = Pick<Db, "execute" | "insert">;

/**
 * Answers a request that is open, in the caller's transaction. Undefined when the text is no answer to any: then it is a reply like
 * others. What is given leave is never guessed: see `chooseRequest`.
 */
export async function answerFromPhone(tx: Tx, deps: Deps, answer: PhoneAnswer): Promise<AnswerTaken | undefined> {
	const { sender, sessions, text } = answer;
	const live = sessions.filter(({ ended }) => !ended);
	const read = readAnswer(
		text,
		live.map(({ handle }) => handle),
	);
	if (read.code !== undefined) return answerButton(tx, deps, answer, { ...read, code: read.code });
	const open = await openRows(tx, sender.userId);
	const chosen = chooseRequest(read, { ...answer, open, carrier: sender.channel === "sms" });
	if (chosen === undefined) return answerSettled(tx, answer, read);
	if (chosen.to === "which") return askWhich(chosen.requests, read);
	const request = await lockApproval(tx, sql`a.id = ${chosen.request.id}`);
	return request && answerRequest(tx, deps, { sender, request, read });
}

/** Buttons name the request itself, also when it is long over. */
async function answerButton(
	tx: Tx,
	deps: Deps,
	{ sender, pointer }: PhoneAnswer,
	read: ReadAnswer & { code: string },
): Promise<AnswerTaken | undefined> {
	const request = await lockApproval(tx, sql`a.user_id = ${sender.userId} and a.code = ${read.code}`);
	if (request === undefined || (pointer !== undefined && pointer !== request.session_id)) return undefined;
	return answerRequest(tx, deps, { sender, request, read });
}

/**
 * A yes, a no or a number for what was the session's last word to the phone and is over: it is said so, instead of passing on a letter
 * that Claude could take for anything.
 */
async function answerSettled(
	tx: Tx,
	{ sender, sessions, pointer, pointedEvent }: PhoneAnswer,
	{ said, handle, number }: ReadAnswer,
): Promise<AnswerTaken | undefined> {
	if (said.is === "words") return undefined;
	const live = sessions.filter(({ ended }) => !ended);
	const named = live.find((session) => session.handle.toLowerCase() === handle)?.id;
	const only = live.length === 1 ? live[0]?.id : undefined;
	const session = handle === undefined ? (pointer ?? only) : named;
	const [last] = await selectApprovals(
		tx,
		pointedEvent === undefined
			? sql`a.id = (select id from approvals l where l.user_id = ${sender.userId} and l.session_id = ${session ?? null}::uuid
					and (${number ?? null}::int is null or l.number = ${number ?? null}::int)
					and coalesce(l.settled_at, l.expires_at) between now() - interval '30 minutes' and now()
					and not exists (select from events e where e.session_id = l.session_id and e.accepted_at > l.created_at)
					order by l.created_at desc, l.id desc limit 1)`
			: sql`a.id = ${pointedEvent} and a.user_id = ${sender.userId}`,
	);
	if (last === undefined) return undefined;
	const by = overBy(last);
	if (by === undefined) return undefined;
	return { notice: noticeAbout(last, { said: "over", by }), about: last.session_id, wakes: [] };
}

/** Asks, with the answer as it has to be typed again, and as buttons where it is a yes or a no. */
function askWhich(requests: readonly ApprovalRow[], { said, text }: ReadAnswer): AnswerTaken {
	const suffix = said.is === "yes" ? "y" : said.is === "no" ? "n" : undefined;
	const choices = requests.map((request) => ({
		handle: request.handle ?? "",
		number: request.number,
		what: nameOfRequest(request),
		...(suffix === undefined ? {} : { reply: `${request.code}${suffix}` }),
	}));
	const sessions = new Set(requests.map(({ session_id }) => session_id));
	const answer = said.is === "words" || text.length > 20 ? "+ your answer" : text.trim();
	return {
		notice: { kind: "approval", said: "which", answer, choices },
		about: sessions.size === 1 ? requests[0]?.session_id : undefined,
		wakes: [],
	};
}
