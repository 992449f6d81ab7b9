import { checkedLink } from "./telegram-html.ts";

/** The JSON body of a request. */
export type Params = Record<string, unknown>;

/** What the Bot API answers when it refuses. */
export class Refusal extends Error {
	readonly code: number;
	readonly description: string;
	readonly parameters: { retry_after?: number; migrate_to_chat_id?: number } | undefined;
	/** True where the vendor would have ignored the mistake without a word; then it is a violation too. */
	readonly silent: boolean;

	constructor(code: number, description: string, parameters?: Refusal["parameters"], silent = false) {
		super(description);
		this.code = code;
		this.description = description;
		this.parameters = parameters;
		this.silent = silent;
	}
}

export const badRequest = (text: string, parameters?: Refusal["parameters"]) =>
	new Refusal(400, `Bad Request: ${text}`, parameters);
export const forbidden = (text: string) => new Refusal(403, `Forbidden: ${text}`);
export const tooManyRequests = (seconds: number) =>
	new Refusal(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
/** A mistake that the vendor would swallow (a misspelt name, a value it would clamp): refused, and noted as a violation. */
export const swallowed = (text: string) => new Refusal(400, `Bad Request: ${text}`, undefined, true);

/** Every kind of update of Bot API 10.1. */
const updateTypes = new Set(
	[
		"message edited_message channel_post edited_channel_post business_connection business_message",
		"edited_business_message deleted_business_messages guest_message message_reaction message_reaction_count inline_query",
		"chosen_inline_result callback_query shipping_query pre_checkout_query purchased_paid_media poll poll_answer",
		"my_chat_member chat_member chat_join_request chat_boost removed_chat_boost managed_bot",
	].flatMap((line) => line.split(" ")),
);
/** Kinds that a bot gets only when it names them. */
const onlyWhenNamed = new Set(["chat_member", "message_reaction", "message_reaction_count"]);

/** Which kinds an `allowed_updates` lets through; undefined keeps what was set before. */
export function allowedTypes(list: unknown): ReadonlySet<string> | undefined {
	if (!Array.isArray(list)) return undefined;
	const unknown = list.filter((type) => !updateTypes.has(type));
	if (unknown.length > 0) throw swallowed(`no such update types: ${unknown.join(", ")}`);
	return list.length === 0 ? defaultTypes : new Set(list as string[]);
}

export const defaultTypes: ReadonlySet<string> = new Set([...updateTypes].filter((type) => !onlyWhenNamed.has(type)));

/** A token that could be one, or the vendor's answer. */
export function wrongToken(token: string, own: string): Refusal | undefined {
	if (token === own) return undefined;
	const possible = /^[1-9]\d*:[^/]*$/.test(token) && token.length <= 80;
	return new Refusal(401, possible ? "Unauthorized" : "Unauthorized: invalid token specified");
}

/** A button under a message: what it says and what a press does. */
export interface Button {
	text: string;
	callback_data?: string;
	url?: string;
	copy_text?: { text: string };
}

function checkButton(button: Button): void {
	const { text, callback_data: data, url, copy_text: copy } = button;
	if (text.trim() === "") throw badRequest("inline keyboard button text must be non-empty");
	const kinds = Object.keys(button).filter((key) => !["text", "style", "icon_custom_emoji_id"].includes(key));
	if (kinds.length > 1) throw swallowed(`a button takes one of ${kinds.join(", ")}`);
	if (url !== undefined && url !== "" && checkedLink(url) === undefined) {
		throw badRequest(`inline keyboard button URL '${url}' is invalid: Wrong HTTP URL`);
	}
	if (copy !== undefined && (copy.text === "" || copy.text.length > 256)) throw badRequest("BUTTON_COPY_TEXT_INVALID");
	if (data !== undefined && Buffer.byteLength(data) > 64) throw badRequest("BUTTON_DATA_INVALID");
	if (!url && !data && copy === undefined) {
		throw badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
	}
}

/** Markup that is no inline keyboard: the hint in the input field has its own limit. */
function checkPlaceholder(markup: unknown): void {
	const hint = (markup as { input_field_placeholder?: string } | undefined)?.input_field_placeholder;
	if (hint !== undefined && (hint === "" || hint.length > 64)) throw badRequest("REPLY_MARKUP_PLACEHOLDER_INVALID");
}

/** The rows of an inline keyboard; none for other markup and for an empty keyboard. */
export function inlineKeyboard(markup: unknown): Button[][] {
	checkPlaceholder(markup);
	const rows = (markup as { inline_keyboard?: Button[][] } | undefined)?.inline_keyboard ?? [];
	const buttons = rows.flat();
	for (const button of buttons) checkButton(button);
	if (buttons.length > 100) throw badRequest("REPLY_MARKUP_TOO_LONG");
	return rows.filter((row) => row.length > 0);
}

/** The address of a webhook: https on one of the vendor's four ports, or (the emulator's own allowance) http on this machine. */
export function checkWebhook(params: Params): void {
	const secret = String(params["secret_token"] ?? "");
	const connections = params["max_connections"];
	const text = String(params["url"]);
	if (!URL.canParse(text)) throw badRequest("invalid webhook URL specified");
	if (secret.length > 256) throw badRequest("secret token is too long");
	if (!/^[A-Za-z0-9_-]*$/.test(secret)) throw badRequest("secret token contains unallowed characters");
	if (typeof connections === "number" && (connections < 1 || connections > 100)) {
		throw swallowed("max_connections is 1 to 100");
	}
	const { protocol, hostname, port } = new URL(text);
	if (protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname)) return;
	if (protocol !== "https:") throw badRequest("bad webhook: An HTTPS URL must be provided for webhook");
	if (!["", "443", "80", "88", "8443"].includes(port)) {
		throw badRequest("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443");
	}
}

export interface BotCommand {
	command: string;
	description: string;
}

export function checkCommands(commands: BotCommand[]): void {
	if (commands.length > 100) throw badRequest("BOT_COMMANDS_TOO_MUCH");
	for (const { command, description } of commands) {
		if (!/^[a-z0-9_]{1,32}$/.test(command)) throw badRequest("BOT_COMMAND_INVALID");
		if (description.trim() === "") throw badRequest("command description must be non-empty");
		if (description.length > 256) throw badRequest("command description length must not exceed 256");
	}
}

const topicColors = new Set([7322096, 16766590, 13338331, 9367192, 16749490, 16478047]);

/** Name and color of a new topic. */
export function checkTopic(params: Params): { name: string; icon_color: number } {
	const name = String(params["name"]).trim();
	const color = params["icon_color"] ?? 7322096;
	if (name === "") throw badRequest("name must be non-empty");
	if (name.length > 128) throw swallowed("a topic's name is cut after 128 characters");
	if (typeof color !== "number" || !topicColors.has(color)) throw badRequest("invalid icon color specified");
	return { name, icon_color: color };
}

/** Every string in a request, however deep. */
export function stringsOf(value: unknown): string[] {
	if (typeof value === "string") return [value];
	return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}
