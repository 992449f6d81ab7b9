import { eq, sql } from "drizzle-orm";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import type { AppDeps } from "../app-deps.ts";
import { sessions } from "../db/schema.ts";
import { arrayText, statement } from "../db/statement.ts";
import { togetherFor } from "../db/together.ts";
import { policyColumns, policyOf, policyRow } from "../domain/policy-row.ts";
import { sessionTokenHash } from "../domain/secrets.ts";
import { AppError } from "../errors.ts";
import type { AppEnv, CallingSession } from "../http.ts";
import { bearerToken, requireUser } from "./bearer.ts";

/** The OpenAPI name of what `requireSession` checks. */
export const sessionTokenScheme = "sessionToken";

type SessionDeps = Pick<AppDeps, "db" | "vault">;

/** Lets a request pass with the token of the very session that its path names; `c.var.session` says which. */
export function requireSession(deps: SessionDeps) {
	return createMiddleware<AppEnv>(async (c, next) => {
		await admit(c, deps);
		await next();
	});
}

/** The same, and the access token of the session's owner too: a session whose own token is lost can still be stopped. */
export function requireSessionOrOwner(deps: SessionDeps & Pick<AppDeps, "tokens">) {
	const owner = requireUser(deps);
	return createMiddleware<AppEnv>(async (c, next) => {
		// An access token is a JWT and has dots; a session's token has none.
		if (!bearerToken(c.req.header("authorization")).includes(".")) {
			await admit(c, deps);
			return next();
		}
		return owner(c, async () => {
			c.set("session", await ownSession(deps, c.get("user").userId, sessionId(c)));
			await next();
		});
	});
}

async function admit(c: Context<AppEnv>, deps: SessionDeps): Promise<void> {
	// RFC 6750: kept by the error answer, taken back once the caller is known.
	c.header("WWW-Authenticate", "Bearer");
	const session = await sessionOfToken(deps, bearerToken(c.req.header("authorization")));
	if (session.id !== sessionId(c)) throw new AppError("forbidden", "The token belongs to another session.");
	c.header("WWW-Authenticate", undefined);
	c.set("session", session);
}

const callerRow = policyRow.extend({
	hash: z.string(),
	id: z.string(),
	user_id: z.string(),
	status: z.string(),
	revoked: z.boolean(),
});
type Caller = z.infer<typeof callerRow>;

const ofTokens = statement(
	callerRow,
	["hashes"],
	(
		p,
	) => sql`select s.token_hash as hash, s.id, s.user_id, s.status, d.revoked_at is not null as revoked, ${policyColumns}
		from sessions s join devices d on d.id = s.device_id join users u on u.id = s.user_id
		where s.token_hash = any (${p.hashes}::text[])`,
);

/** Every request of a companion begins with this; those of a moment share a statement. */
const callerOf = togetherFor<string, Caller | undefined>((db) => ({
	async run(hashes) {
		const callers = await ofTokens(db, { hashes: arrayText(hashes) });
		const byHash = new Map(callers.map((caller) => [caller.hash, caller]));
		return hashes.map((hash) => byHash.get(hash));
	},
	fits: () => true,
	atOnce: 2,
	most: 50,
}));

/** A token that is nobody's is `unauthorized`; one whose session is over is `session_not_found`, so that its companion stops asking. */
async function sessionOfToken(deps: SessionDeps, token: string): Promise<CallingSession> {
	const found = await callerOf(deps.db, sessionTokenHash(deps, token));
	if (found === undefined || found.revoked) {
		throw new AppError("unauthorized", "The session token is not valid. Run /notify-start again.");
	}
	if (found.status === "ended") throw sessionOver();
	return { id: found.id, userId: found.user_id, policy: policyOf(found) };
}

/** Another user's session is no more there than one that never was. */
async function ownSession({ db }: SessionDeps, userId: string, id: string): Promise<CallingSession> {
	const [found] = await db
		.select({ id: sessions.id, userId: sessions.userId, status: sessions.status })
		.from(sessions)
		.where(eq(sessions.id, id));
	if (found === undefined || found.userId !== userId || found.status === "ended") throw sessionOver();
	return { id: found.id, userId: found.userId };
}

function sessionOver(): AppError {
	return new AppError("session_not_found", "This session is not monitored any more. Run /notify-start again.");
}

/** Checked here, since this runs before the route's own schema does. */
function sessionId(c: Context<AppEnv>): string {
	const id = c.req.param("id") ?? "";
	if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
		throw new AppError("invalid_request", "id: the session's id must be a UUID");
	}
	return id.toLowerCase();
}
