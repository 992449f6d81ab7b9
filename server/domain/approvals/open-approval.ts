import { sql } from "drizzle-orm";
import { z } from "zod";
import { type ApprovalOpened, maxSessionGrant, type OpenApproval } from "../../../src/contract/approvals.ts";
import type { ReportEvent } from "../../../src/contract/events.ts";
import { readConfirmList } from "../../../src/contract/setting-values.ts";
import { type Db, rowsOf } from "../../db/client.ts";
import { retryDeadlock } from "../../db/errors.ts";
import { approvals } from "../../db/schema.ts";
import { AppError } from "../../errors.ts";
import { acceptEvent, type EventSession } from "../accept-event.ts";
import type { Deps } from "../deps.ts";
import { eventLimits } from "../limits.ts";
import { readPolicy } from "../policy-row.ts";
import { settingValue } from "../policy-settings.ts";
import { selectApprovals, shownApproval } from "./approval-row.ts";
import { destructiveIn, isFileTool } from "./destructive.ts";
import { fitSummary, shownLine } from "./shown-text.ts";

/**
 * Asks the phone: the event with its messages and the request that an answer is bound to, in one transaction. The same id again
 * changes nothing and gets the same approval. Throws AppError `conflict` when the id is another session's.
 */
export async function openApproval(deps: Deps, session: EventSession, asked: OpenApproval): Promise<ApprovalOpened> {
	checkForm(asked);
	let wake = false;
	const opened = await retryDeadlock(() =>
		deps.db.transaction((tx) => {
			wake = false;
			const inside = {
				...deps,
				db: tx,
				wakeOutbox: () => {
					wake = true;
				},
			};
			return openIn(inside, session, asked);
		}),
	);
	if (wake) deps.wakeOutbox();
	return opened;
}

/** What could not be answered is not asked. */
function checkForm({ kind, questions }: OpenApproval): void {
	if (kind === "question" && questions.length === 0) {
		throw new AppError("invalid_request", "questions: a question has at least one.");
	}
	if (kind !== "question" && kind !== "elicitation" && questions.length > 0) {
		throw new AppError("invalid_request", `questions: a ${kind} has none.`);
	}
	if (new Set(questions.map(({ key }) => key)).size < questions.length) {
		throw new AppError("invalid_request", "questions: each needs a key of its own.");
	}
}

async function openIn(deps: Deps, session: EventSession, asked: OpenApproval): Promise<ApprovalOpened> {
	const { db: tx } = deps;
	// Requests of one session wait for each other here: they are counted, and the same one may come twice.
	await tx.execute(sql`select from sessions where id = ${session.id} for no key update`);
	const policy = session.policy ?? (await readPolicy(tx, session.id));
	const event = eventOf(asked);
	const limits = { ...eventLimits, deadline: { ...eventLimits.deadline, [event.type]: asked.expires_in } };
	const told = await acceptEvent(deps, { ...session, policy }, event, limits);
	if ((await ownerOf(tx, asked.id)) === undefined) {
		const confirmCode = (await needsCode(deps, session.userId, asked, policy.settings)) ? newConfirmCode(deps) : null;
		await insertRequest(deps, session, asked, confirmCode);
	}
	if ((await ownerOf(tx, asked.id)) !== session.id) {
		throw new AppError("conflict", "There is an approval of another session with this id.");
	}
	const [found] = await selectApprovals(tx, sql`a.id = ${asked.id}`);
	if (found === undefined) throw new Error("An approval that was just opened is not there.");
	return { approval: shownApproval(found), told };
}

async function ownerOf(tx: Pick<Db, "execute">, id: string): Promise<string | undefined> {
	const owners = await rowsOf(
		tx,
		z.object({ session_id: z.string() }),
		sql`select session_id from approvals where id = ${id}`,
	);
	return owners[0]?.session_id;
}

function eventOf({ id, kind, occurred_at, attended, present, ...asked }: OpenApproval): ReportEvent {
	const { tool_name, summary, questions } = asked;
	const isForm = kind === "question" || kind === "elicitation";
	const message = isForm && questions.length > 0 ? questions.map(({ question }) => question).join("\n") : summary;
	return {
		id,
		type: isForm ? "question" : "permission",
		occurred_at,
		details: {
			message: message.slice(0, 4096).toWellFormed(),
			...(isForm || tool_name === undefined ? {} : { tool_name }),
		},
		...(attended === undefined ? {} : { attended }),
		...(present === undefined ? {} : { present }),
	};
}

async function insertRequest(deps: Deps, session: EventSession, asked: OpenApproval, confirmCode: string | null) {
	await deps.db.insert(approvals).values({
		id: asked.id,
		sessionId: session.id,
		userId: session.userId,
		kind: asked.kind,
		number: sql`(select coalesce(max(number), 0) + 1 from approvals where session_id = ${session.id})`,
		code: newCode(deps),
		toolName: asked.tool_name ?? null,
		summary: asked.summary,
		cwd: asked.cwd ?? null,
		requestHash: asked.request_hash,
		sessionGrant: confirmCode === null ? shownGrant(asked.session_grant) : null,
		questions: asked.questions,
		confirmCode,
		expiresAt: sql`now() + ${asked.expires_in} * interval '1 second'`,
	});
}

/** What destroys is asked for each time, and so is what a line of a message cannot show as it is. */
function shownGrant(grant: string | undefined): string | null {
	return grant !== undefined && shownLine(grant, maxSessionGrant) === grant ? grant : null;
}

/** What destroys, and what a phone of the user's cannot see whole, is not allowed with one letter. */
async function needsCode(
	{ db, channels }: Pick<Deps, "db" | "channels">,
	userId: string,
	{ kind, tool_name, summary }: OpenApproval,
	settings: unknown,
): Promise<boolean> {
	if (kind !== "permission") return false;
	const stored: Record<string, unknown> = typeof settings === "object" && settings !== null ? { ...settings } : {};
	const list = readConfirmList(String(settingValue(stored, "confirm")));
	if (destructiveIn({ tool_name, summary }, list) !== undefined) return true;
	const used = await rowsOf(
		db,
		z.object({ channel: z.string() }),
		sql`select distinct channel from identities where user_id = ${userId} and removed_at is null`,
	);
	return used.some(({ channel }) => {
		const style = channels.get(channel)?.style;
		if (style === undefined) return false;
		const { missing, hidden } = fitSummary(summary, style);
		// Of a change to a file the head is shown anyway; of a command the end may be what matters.
		return (missing > 0 && !isFileTool(tool_name)) || hidden;
	});
}

const newConfirmCode = ({ code }: Pick<Deps, "code">) => code().slice(-4);

/** Without vowels, so that no code is a word that somebody types; and of a length that no word with a button's ending has. */
const codeAlphabet = "bcdfghjkmpqstvwxz23456789";
const codeLength = 10;

function newCode({ secret }: Pick<Deps, "secret">): string {
	// 32 bits a character leave no bias worth the name.
	const bytes = Buffer.from(secret(codeLength * 4), "base64url");
	return Array.from(
		{ length: codeLength },
		(_, at) => codeAlphabet[bytes.readUInt32BE(at * 4) % codeAlphabet.length],
	).join("");
}
