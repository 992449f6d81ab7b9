import { timestamp } from "drizzle-orm/pg-core";

/** Every instant comes from the database's clock, so that an instance with a wrong clock changes nothing. */
export const instant = () => timestamp({ withTimezone: true, mode: "date" });
export const createdAt = () => instant().notNull().defaultNow();
