import { createHash } from "node:crypto";
import { and, asc, eq, isNotNull, sql } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import type { Db } from "../../server/db/client.ts";
import { approvals, audit, deliveries } from "../../server/db/schema.ts";
import {
	type AnswerTaken,
	answerFromPhone,
	type PhoneAnswer,
} from "../../server/domain/approvals/answer-from-phone.ts";
import { openApproval } from "../../server/domain/approvals/open-approval.ts";
import { noticeWords } from "../../server/domain/notice-words.ts";
import { candidatesOf } from "../../server/domain/reply-context.ts";
import type { Sender } from "../../server/domain/store-reply.ts";
import * as contract from "../../src/contract/approvals.ts";
import { addSession, addUser, type TestDeps, type TestUser, testChannel, testDeps } from "./fixture.ts";

export const hashOf = (command: string) => createHash("sha256").update(command).digest("hex");

type Asked = Partial<contract.OpenApproval>;

/** What the plugin sends for a command, with what a test says differently. */
export function request(more: Asked = {}): contract.OpenApproval {
	return contract.openApproval.parse({
		id: uuidv7(),
		kind: "permission",
		occurred_at: new Date().toISOString(),
		request_hash: hashOf(more.summary ?? "rm -r build"),
		tool_name: "Bash",
		summary: "rm -r build",
		cwd: "/work/api",
		...more,
	});
}

/** A question, with what a test says differently. */
export function question(asked: string, labels: string[] = [], more: Partial<contract.ApprovalQuestion> = {}) {
	return { key: asked, question: asked, options: labels.map((label) => ({ label })), multi_select: false, ...more };
}

/** One user with a phone and a session, over a real database. */
export interface ApprovalWorld {
	deps: TestDeps;
	user: TestUser;
	session: { id: string; userId: string };
	sender: Sender;
	/** What waiters were woken for. */
	woken: string[];
	open(more?: Asked, session?: { id: string; userId: string }): Promise<contract.Approval>;
	/** Says it from the phone, in a transaction of its own. */
	say(text: string, more?: Partial<PhoneAnswer>): Promise<AnswerTaken | undefined>;
	/** The same in the words that come back. */
	said(text: string, more?: Partial<PhoneAnswer>): Promise<string>;
	row(id: string): Promise<typeof approvals.$inferSelect>;
	/** As if the phone had the messages. */
	delivered(): Promise<void>;
	/** What the phone was told beside what asked it. */
	notices(): Promise<string[]>;
	acts(): Promise<string[]>;
}

export async function approvalWorld(db: Db, handle = "b"): Promise<ApprovalWorld> {
	const woken: string[] = [];
	const inboxBus = { notify: (id: string) => void woken.push(id), wait: () => Promise.resolve() };
	const deps = testDeps(db, [testChannel("sms")], { inboxBus });
	const user = await addUser(deps);
	const session = await addSession(deps, user, { handle });
	const sender = { userId: user.userId, identityId: user.identityIds[0] ?? "", channel: "sms", label: "+1***0000" };
	const world: ApprovalWorld = {
		deps,
		user,
		session,
		sender,
		woken,
		async open(more, of = session) {
			return (await openApproval(deps, of, request(more))).approval;
		},
		say: (text, more) => sayIn(world, text, more),
		async said(text, more) {
			const taken = await sayIn(world, text, more);
			return taken === undefined ? "" : noticeWords(taken.notice);
		},
		async row(id) {
			const [row] = await db.select().from(approvals).where(eq(approvals.id, id));
			if (row === undefined) throw new Error(`there is no approval ${id}`);
			return row;
		},
		async delivered() {
			await db
				.update(deliveries)
				.set({ state: "sent", sentAt: sql`now()`, settledAt: sql`now()`, providerId: sql`id::text` })
				.where(and(eq(deliveries.userId, user.userId), eq(deliveries.state, "pending")));
		},
		async notices() {
			const rows = await db
				.select({ notice: deliveries.notice })
				.from(deliveries)
				.where(and(eq(deliveries.userId, user.userId), isNotNull(deliveries.notice)))
				.orderBy(asc(deliveries.createdAt), asc(deliveries.id));
			return rows.flatMap(({ notice }) => (notice === null ? [] : noticeWords(notice)));
		},
		async acts() {
			const rows = await db.select().from(audit).where(eq(audit.userId, user.userId)).orderBy(asc(audit.id));
			return rows.map(({ action, outcome, actorKind, why }) => `${actorKind} ${action} ${outcome}: ${why}`);
		},
	};
	return world;
}

async function sayIn({ deps, sender }: ApprovalWorld, text: string, more: Partial<PhoneAnswer> = {}) {
	return deps.db.transaction(async (tx) => {
		const sessions = await candidatesOf(tx, sender.userId);
		const answer = { sender, sessions, pointer: undefined, pointedEvent: undefined, text, ...more };
		return answerFromPhone(tx, deps, answer);
	});
}
