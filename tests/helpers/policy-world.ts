import { and, asc, eq, isNotNull, sql } from "drizzle-orm";
import { deliveries, events } from "../../server/db/schema.ts";
import { acceptEvent } from "../../server/domain/accept-event.ts";
import { changeSettings } from "../../server/domain/settings.ts";
import type { EventDetails, EventType } from "../../src/contract/events.ts";
import { settingsPatch } from "../../src/contract/settings.ts";
import { addSession, addUser, report, type TestDeps, type TestUser } from "./fixture.ts";

export interface PolicyWorld {
	user: TestUser;
	session: { id: string; userId: string };
	/** As a person types them. */
	set(values: object): Promise<unknown>;
	/** What becomes of an event of the session now. */
	outcome(type: EventType, details?: EventDetails): Promise<string>;
	/** The messages about events. */
	messages(): Promise<(typeof deliveries.$inferSelect)[]>;
	digests(): Promise<(typeof deliveries.$inferSelect)[]>;
	/** The session's events, oldest first. */
	stored(): Promise<(typeof events.$inferSelect)[]>;
}

/** Someone with SMS and Telegram, and a session with the letter b. */
export async function policyWorld(deps: TestDeps): Promise<PolicyWorld> {
	const user = await addUser(deps, ["sms", "telegram"]);
	const session = await addSession(deps, user);
	const own = eq(deliveries.userId, user.userId);
	return {
		user,
		session,
		set: (values) => changeSettings(deps, user.userId, settingsPatch.parse(values)),
		outcome: async (type, details) => (await acceptEvent(deps, session, report(type, details))).outcome,
		messages: () =>
			deps.db
				.select()
				.from(deliveries)
				.where(and(own, isNotNull(deliveries.eventId))),
		digests: () => digestsOf(deps, user),
		stored: () =>
			deps.db
				.select()
				.from(events)
				.where(eq(events.sessionId, session.id))
				.orderBy(asc(events.acceptedAt), asc(events.id)),
	};
}

export function digestsOf(deps: TestDeps, { userId }: TestUser): Promise<(typeof deliveries.$inferSelect)[]> {
	return deps.db
		.select()
		.from(deliveries)
		.where(and(eq(deliveries.userId, userId), sql`notice ->> 'kind' = 'digest'`))
		.orderBy(asc(deliveries.createdAt), asc(deliveries.id));
}
