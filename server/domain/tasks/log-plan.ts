import { eq } from "drizzle-orm";
import { users } from "../../db/schema.ts";
import { AppError } from "../../errors.ts";
import type { Deps } from "../deps.ts";

/** Who may keep a full log. Everybody else has the last 10 KB of each command (`lastBytes`). Throws AppError `plan_required`. */
export async function refuseWithoutFullLogs({ db, fullLogPlans }: Deps, userId: string): Promise<void> {
	if (fullLogPlans === undefined) return;
	const [user] = await db.select({ plan: users.plan }).from(users).where(eq(users.id, userId));
	if (user !== undefined && fullLogPlans.includes(user.plan)) return;
	const upgrade = `Upgrade to ${fullLogPlans.join(" or ")} to keep them; the last 10 KB of each command are kept.`;
	throw new AppError("plan_required", `Full logs are not part of your plan (${user?.plan ?? "none"}). ${upgrade}`);
}
