import { readFields, text } from "./fields.ts";
import type { Handler } from "./tools.ts";

/** Claude cannot go on without the person. */
const waits = ["permission_prompt", "agent_needs_input", "elicitation_dialog"];

/** Recorded, not sent: a permission was told by its own hook, and whether the user is away is the server's timer. */
export const onNotification: Handler = (input, { session, showHere }) => {
	if (session === undefined) return {};
	const { notification_type, message } = readFields({ notification_type: text, message: text }, input);
	// Also the only sign of an interrupted turn, which ends without a Stop.
	if (notification_type === "idle_prompt") session.idle();
	else if (notification_type === "agent_needs_input") session.doing = "waiting for your choice";
	return waits.includes(notification_type)
		? showHere({ body: message || "Claude waits for you", urgency: "normal" })
		: {};
};
