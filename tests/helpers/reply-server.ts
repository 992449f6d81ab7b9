import { createHttpLimits } from "../../server/auth/http-limits.ts";
import { readEnv } from "../../server/env.ts";
import { createLog } from "../../server/log.ts";
import { type RunningServer, startServer } from "../../server/start.ts";
import { type InboxMessage, inboxPage } from "../../src/contract/inbox.ts";
import { sessionStarted } from "../../src/contract/sessions.ts";
import type { TestDatabase } from "./database.ts";
import { type Answer, logIn, post, secret, withToken } from "./login.ts";
import { startTwilioEmulator, type TwilioEmulator } from "./twilio-emulator.ts";
import { twilioVariables } from "./twilio-wire.ts";

/** The very server of `npm start` on a port of its own, with an emulated Twilio. */
export interface ReplyServer extends AsyncDisposable {
	server: RunningServer;
	twilio: TwilioEmulator;
	/** Every line of the log. */
	logged: string[];
}

export async function startReplyServer(
	database: TestDatabase,
	options: { advancedOptOut?: boolean; env?: Record<string, string>; now?: () => Date } = {},
): Promise<ReplyServer> {
	const twilio = await startTwilioEmulator({ advancedOptOut: options.advancedOptOut ?? false });
	const logged: string[] = [];
	const env = readEnv({
		PORT: "0",
		DATA_DIR: database.dataDir,
		...twilioVariables(twilio),
		...options.env,
	});
	const limits = createHttpLimits({ requestsPerMinute: 100_000, codeSendsPerDay: 100_000 });
	const log = createLog("debug", { write: (line) => void logged.push(line) });
	const clock = options.now === undefined ? {} : { now: options.now };
	const server = await startServer({ env, database, log, limits, ...clock });
	twilio.inboundUrl = new URL("/webhooks/twilio/message", server.url).href;
	return {
		server,
		twilio,
		logged,
		async [Symbol.asyncDispose]() {
			await server.close();
			await twilio[Symbol.asyncDispose]();
		},
	};
}

export interface Person {
	number: string;
	headers: Record<string, string>;
}

/** Someone with a paired phone and a logged-in machine. */
export async function pairedPerson({ server, twilio }: ReplyServer): Promise<Person> {
	const login = await logIn(server, twilio);
	return { number: login.number, headers: withToken(login.access_token, login.fingerprint) };
}

export interface LiveSession {
	id: string;
	handle: string;
	headers: Record<string, string>;
}

/** Any running server will do. */
type AnyServer = Pick<ReplyServer, "server">;

export async function startSession(
	{ server }: AnyServer,
	person: Pick<Person, "headers">,
	description = "api",
): Promise<LiveSession> {
	const answer = await post(
		server.url,
		"/v1/sessions/start",
		{
			claude_session_id: secret(12),
			description,
			hostname: "laptop",
			cwd: "/work/api",
			started_at: new Date().toISOString(),
		},
		person.headers,
	);
	if (answer.status >= 300) throw new Error(`start answered ${answer.status} ${JSON.stringify(answer.body)}`);
	const { session_id, session_token, handle } = sessionStarted.parse(answer.body);
	return { id: session_id, handle, headers: { authorization: `Bearer ${session_token}` } };
}

/** One GET of the inbox. */
export async function poll(
	{ server }: AnyServer,
	session: LiveSession,
	{ wait = 0, after = 0 } = {},
): Promise<{ status: number; messages: InboxMessage[]; cursor: number }> {
	const url = new URL(`/v1/sessions/${session.id}/inbox?wait=${wait}&after=${after}`, server.url);
	const answer = await fetch(url, { headers: session.headers });
	const text = await answer.text();
	if (answer.status !== 200) return { status: answer.status, messages: [], cursor: after };
	return { status: 200, ...inboxPage.parse(JSON.parse(text)) };
}

export function sendReceipt(
	{ server }: AnyServer,
	session: LiveSession,
	message: string,
	body: object,
): Promise<Answer> {
	return post(server.url, `/v1/sessions/${session.id}/inbox/${message}/receipt`, body, session.headers);
}
