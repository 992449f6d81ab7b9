import type { Db } from "../db/client.ts";
import { answerFromPhone } from "./approvals/answer-from-phone.ts";
import { auditReply } from "./audit-reply.ts";
import type { Deps } from "./deps.ts";
import { holdReply, takeHeldReply } from "./held-reply.ts";
import { sessionNews } from "./list-sessions.ts";
import { muteFromPhone } from "./mute-from-phone.ts";
import type { Notice, SessionNews } from "./notice.ts";
import { type ParsedReply, parseReply } from "./parse-reply.ts";
import { passOn } from "./pass-on.ts";
import { planRefusal } from "./relay-plan.ts";
import { type Candidate, candidatesOf, lastNotified } from "./reply-context.ts";
import { answered, type Effect, refused } from "./reply-effect.ts";
import type { Pointed } from "./resolve-pointer.ts";
import { offerResume, resumeSession } from "./resume-session.ts";
import { type Addressee, lettersOf, routeReply, sessionOf } from "./route-reply.ts";
import { askForAll, sendToAll } from "./send-to-all.ts";
import type { Sender } from "./store-reply.ts";

type Tx = Pick<Db, "delete" | "execute" | "insert" | "select" | "update">;

export interface AdmittedReply {
	/** As `admitReply` let it through. */
	text: string;
	pointed: Pointed | undefined;
	/** The provider says what it answers, and that is nothing we know. */
	strays: boolean;
	/** The provider's id of the message that was answered, where it says so. */
	answers: string | undefined;
	sender: Sender;
}

/** What the whole of a reply hangs on. */
interface Reading extends AdmittedReply {
	parsed: ParsedReply;
	sessions: readonly Candidate[];
	pointer: string | undefined;
}

/** Reads a reply by the grammar and does what it asks for. */
export async function routed(tx: Tx, deps: Deps, reply: AdmittedReply): Promise<Effect> {
	const sessions = await candidatesOf(tx, reply.sender.userId);
	const pointer = reply.pointed?.sessionId;
	const parsed = parseReply(reply.text, lettersOf({ sessions, pointer }));
	const reading = { ...reply, parsed, sessions, pointer };
	const asked = await askedOfServer(tx, deps, reading);
	if (asked !== undefined) return asked;
	const plan = await planRefusal(tx, deps, reply.sender, reply.text);
	if (plan !== undefined) return plan.tell ? refused(plan.reason) : { result: { outcome: "refused" } };
	const answer = { ...reading, pointedEvent: reply.pointed?.eventId };
	const taken = parsed.command.is === "text" ? await answerFromPhone(tx, deps, answer) : undefined;
	if (taken !== undefined) return { ...answered(taken.notice, taken.about), wakes: taken.wakes };
	// A session that ended a day ago has no letter any more, and what answers it is for no other one.
	if (pointer !== undefined && !sessions.some(({ id }) => id === pointer)) {
		return refused("The session that it answers has ended.");
	}
	const { sender } = reply;
	if (parsed.command.is === "all") return askForAll(tx, sender, { text: parsed.text, sessions });
	if (parsed.command.is === "all_confirmed") return sendToAll(tx, deps, { sender, sessions });
	return toSession(tx, deps, reading);
}

/** What is no text for a session: peace, and questions about the sessions. */
async function askedOfServer(tx: Tx, deps: Deps, reading: Reading): Promise<Effect | undefined> {
	const { parsed, sessions, pointer, sender } = reading;
	const { command } = parsed;
	if (command.is === "mute") {
		const notice = await muteFromPhone(tx, { userId: sender.userId, sessions, pointer }, command.wish);
		await auditMute(tx, deps, sender, notice);
		return answered(notice);
	}
	if (command.is === "list") {
		return answered(listed(await sessionNews(tx, sender.userId)));
	}
	if (command.is !== "state") return undefined;
	const meant = sessions.find(({ id }) => id === pointer) ?? (command.handle && sessionOf(command.handle, sessions));
	const [session] = meant ? await sessionNews(tx, sender.userId, meant.id) : [];
	return session === undefined ? answered({ kind: "no_session" }) : answered({ kind: "session_state", session });
}

/** So many have room in one message. */
const maxListed = 8;

function listed(news: SessionNews[]): Notice {
	if (news.length === 0) return { kind: "no_session" };
	const more = news.length - maxListed;
	return { kind: "sessions", sessions: news.slice(0, maxListed), ...(more > 0 ? { more } : {}) };
}

async function auditMute(tx: Tx, deps: Deps, sender: Sender, notice: Notice): Promise<void> {
	if (notice.kind !== "muted" && notice.kind !== "unmuted") return;
	const about = notice.session === undefined ? "" : ` (${notice.session.handle})`;
	const why = notice.kind === "muted" ? `Muted${about} until ${notice.until}.` : `Unmuted${about}.`;
	await auditReply(tx, deps, { sender, action: "mute", outcome: "done", why });
}

async function toSession(tx: Tx, deps: Deps, reading: Reading): Promise<Effect> {
	const { parsed, sessions, pointer, strays, sender } = reading;
	const route = routeReply(parsed, { sessions, pointer, strays, lastNotified: await lastNotified(tx, sender) });
	if (route.to === "nobody") return answered({ kind: "no_session" });
	if (route.to === "which") return ask(tx, sender, { text: parsed.text, choices: route.choices });
	if (route.to === "session") return store(tx, deps, reading, route.session);
	const ended = { sender, session: route.session, text: parsed.text };
	return parsed.command.is === "resume" ? resumeSession(tx, deps, ended) : offerResume(tx, ended);
}

async function ask(
	tx: Tx,
	sender: Sender,
	{ text, choices }: { text: string; choices: readonly Addressee[] },
): Promise<Effect> {
	await holdReply(tx, sender, text);
	const named = choices.map(({ handle, description }) => ({ handle, description }));
	return answered({ kind: "which_session", choices: named, held: true });
}

async function store(
	tx: Tx,
	deps: Deps,
	{ parsed, sender, answers, sessions }: Reading,
	{ id: sessionId, handle, description }: Addressee,
): Promise<Effect> {
	const held = await takeHeldReply(tx, sender);
	const text = parsed.text === "" ? held : parsed.text;
	if (text === undefined) return refused(`Write your text after the letter: ${handle} go on`);
	const passed = await passOn(tx, deps, { sender, sessionId, text, message: answers });
	if ("refusal" in passed) return refused(passed.refusal.reason);
	const stale = sessions.some((session) => session.id === sessionId && session.stale);
	return {
		result: { outcome: "stored", sessionId, ...passed.stored },
		notice: stale ? { kind: "waiting_for_session", handle, description } : undefined,
		about: sessionId,
	};
}
