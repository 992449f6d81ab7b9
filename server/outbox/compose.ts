import type { Message, MessageStyle } from "../channels/channel.ts";
import type { Deps } from "../domain/deps.ts";
import { type MessageContent, renderMessage } from "../domain/render-message.ts";
import { replyToken, unsubscribeToken } from "../domain/reply-token.ts";
import type { Claimed } from "./claim.ts";

/** The words of a claimed message, and what an answer to it hangs on. */
export function compose(deps: Pick<Deps, "vault">, claimed: Claimed, style: MessageStyle): Message {
	const { session_id, identity_id, type } = claimed;
	// A command has ended when it tells so: nothing that could be answered goes on.
	const id = type === "task_finished" || type === "task_update" ? null : session_id;
	return renderMessage(contentOf(claimed), style, {
		conversation: id === null ? undefined : { id, replyToken: replyToken(deps, identity_id, id) },
		unsubscribeToken: unsubscribeToken(deps, identity_id),
	});
}

function contentOf(claimed: Claimed): MessageContent {
	if (claimed.notice !== null) return { kind: "notice", notice: claimed.notice };
	const { type, details, accepted_ms, held_since_ms, held_before } = claimed;
	if (type === null || details === null || accepted_ms === null)
		throw new Error("A message has neither event nor notice.");
	const held = {
		count: held_before,
		since: new Date(held_since_ms ?? 0),
		now: new Date(accepted_ms),
		timeZone: claimed.time_zone,
	};
	return {
		kind: "event",
		type,
		details,
		description: details.task?.title ?? details.title ?? claimed.description ?? "",
		handle: claimed.handle,
		template: claimed.template,
		approval: claimed.approval,
		held: held_before > 0 && held_since_ms !== null ? held : undefined,
	};
}
