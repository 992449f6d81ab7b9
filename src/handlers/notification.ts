import { readFields, text } from "./fields.ts";
import type { QuickHandler } from "./tools.ts";

/** Recorded, not sent: a permission was told by its own hook, and whether the user is away is the server's timer. */
export const onNotification: QuickHandler = (input, { session }) => {
	if (session === undefined) return {};
	const { notification_type } = readFields({ notification_type: text }, input);
	// Also the only sign of an interrupted turn, which ends without a Stop.
	if (notification_type === "idle_prompt") session.idle();
	else if (notification_type === "agent_needs_input") session.doing = "waiting for your choice";
	return {};
};
