import type { RunningServer } from "../../server/start.ts";
import { type Approval, approval, approvalOpened } from "../../src/contract/approvals.ts";
import { request } from "./approvals-world.ts";
import { type Answer, post } from "./login.ts";
import type { LiveSession } from "./reply-server.ts";

type Server = { server: Pick<RunningServer, "url"> };

/** POST to a session's approvals, or to a route of one of them. */
export function sendApproval({ server }: Server, session: LiveSession, rest: string, body: object): Promise<Answer> {
	return post(server.url, `/v1/sessions/${session.id}/approvals${rest}`, body, session.headers);
}

/** Asks the phone, as the plugin does. */
export async function askPhone(
	server: Server,
	session: LiveSession,
	more: Parameters<typeof request>[0] = {},
): Promise<Approval> {
	const answer = await sendApproval(server, session, "", request(more));
	if (answer.status !== 200) throw new Error(`asking answered ${answer.status} ${JSON.stringify(answer.body)}`);
	return approvalOpened.parse(answer.body).approval;
}

/** GET, as the companion does it. */
export async function readAnswerOf(
	{ server }: Server,
	session: LiveSession,
	id: string,
	{ wait = 0, headers = session.headers } = {},
): Promise<{ status: number; approval: Approval | undefined }> {
	const url = new URL(`/v1/sessions/${session.id}/approvals/${id}?wait=${wait}`, server.url);
	const answer = await fetch(url, { headers });
	const body: unknown = await answer.json();
	return { status: answer.status, approval: answer.status === 200 ? approval.parse(body) : undefined };
}
