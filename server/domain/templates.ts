import { sql } from "drizzle-orm";
import { z } from "zod";
import type { EventType } from "../../src/contract/events.ts";
import { type Template, templateVariables } from "../../src/contract/templates.ts";
import { type Db, rowsOf } from "../db/client.ts";

type Store = { db: Pick<Db, "execute"> };

const row = z.object({ text: z.string().nullable() });

/** The user's own words for messages of this type. */
export async function readTemplate(deps: Store, userId: string, type: EventType): Promise<Template> {
	const found = await rowsOf(
		deps.db,
		row,
		sql`select settings -> 'templates' ->> ${type}::text as text from users where id = ${userId}`,
	);
	return shown(type, found[0]?.text ?? null);
}

/** Only this type's words change, also when another request changes another type's at the same moment. */
export async function saveTemplate(deps: Store, userId: string, type: EventType, text: string): Promise<Template> {
	await deps.db.execute(sql`update users set settings = settings || jsonb_build_object('templates',
		coalesce(settings -> 'templates', '{}'::jsonb) || jsonb_build_object(${type}::text, ${text}::text)) where id = ${userId}`);
	return shown(type, text);
}

/** From now on the server's own words again. */
export async function removeTemplate(deps: Store, userId: string, type: EventType): Promise<Template> {
	await deps.db.execute(
		sql`update users set settings = settings #- array['templates', ${type}::text] where id = ${userId}`,
	);
	return shown(type, null);
}

function shown(type: EventType, text: string | null): Template {
	return { type, text, variables: [...templateVariables] };
}
