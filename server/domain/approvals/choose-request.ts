import type { Addressee } from "../route-reply.ts";
import type { ApprovalRow } from "./approval-row.ts";
import type { ReadAnswer } from "./read-answer.ts";

type Open = Pick<ApprovalRow, "id" | "session_id" | "kind" | "number" | "questions">;

export interface AnswerContext<Request extends Open> {
	/** All that is open of the user's. */
	open: readonly Request[];
	sessions: readonly Addressee[];
	/** The session that the message points at by itself. */
	pointer: string | undefined;
	/** The request whose message was answered. */
	pointedEvent: string | undefined;
	/** Lone words belong to the carrier here. */
	carrier: boolean;
}

export type Chosen<Request extends Open> =
	| { to: "request"; request: Request }
	| { to: "which"; requests: readonly Request[] };

/**
 * The request that was meant. A yes, a no or a number counts only with the message answered, with the session's letter, or where it
 * can mean nothing else; where it could mean several, it is asked which. Undefined: the text is no answer to any of them.
 */
export function chooseRequest<Request extends Open>(
	read: Pick<ReadAnswer, "handle" | "number" | "said" | "text">,
	context: AnswerContext<Request>,
): Chosen<Request> | undefined {
	const session = sessionMeant(read, context);
	if (session === "none") return undefined;
	const { open, pointedEvent } = context;
	const able = open.filter((request) => takes(request, read));
	const pointed = able.find(({ id }) => id === pointedEvent);
	if (pointed !== undefined && (read.number === undefined || read.number === pointed.number)) {
		return { to: "request", request: pointed };
	}
	if (session === undefined) return chooseBare(read, able, context);
	const own = able.filter(({ session_id, number }) => session_id === session && number === (read.number ?? number));
	return oneOf(own);
}

/** Words answer a question and nothing else. */
function takes({ questions }: Open, { said }: Pick<ReadAnswer, "said">): boolean {
	return said.is === "yes" || said.is === "no" || questions.length > 0;
}

/** By the letter, or by the pointer with a number; "none" where the two contradict each other. */
function sessionMeant<Request extends Open>(
	{ handle, number }: Pick<ReadAnswer, "handle" | "number">,
	{ sessions, pointer, open, pointedEvent }: AnswerContext<Request>,
): string | "none" | undefined {
	const live = sessions.filter(({ ended }) => !ended);
	const named = handle && live.find((session) => session.handle.toLowerCase() === handle)?.id;
	const pointed = open.find(({ id }) => id === pointedEvent)?.session_id ?? pointer;
	if (named !== undefined && pointed !== undefined && named !== pointed) return "none";
	return named ?? (number === undefined ? undefined : pointed);
}

function oneOf<Request extends Open>(requests: readonly Request[]): Chosen<Request> | undefined {
	const [first, ...more] = requests;
	if (first === undefined) return undefined;
	return more.length === 0 ? { to: "request", request: first } : { to: "which", requests };
}

/** Without a letter: only where one session lives and one request is open in all. */
function chooseBare<Request extends Open>(
	{ said, text, number }: Pick<ReadAnswer, "said" | "text" | "number">,
	able: readonly Request[],
	{ open, sessions, pointer, carrier }: AnswerContext<Request>,
): Chosen<Request> | undefined {
	const [only] = open;
	if (only === undefined || able.length === 0) return undefined;
	const alone = open.length === 1 && sessions.filter(({ ended }) => !ended).length === 1;
	const own = pointer === undefined || pointer === only.session_id;
	const lone = carrier && number === undefined && /^(?:yes|no)$/i.test(text.trim());
	if (alone && own && !lone && number === (number && only.number)) return { to: "request", request: only };
	if (said.is === "words") return undefined;
	const near = pointer === undefined ? able : able.filter(({ session_id }) => session_id === pointer);
	return near.length === 0 ? undefined : { to: "which", requests: near };
}
