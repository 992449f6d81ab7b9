/**
 * Fields of Bot API 10.1 (2026-06-11) as far as this project meets them: `name:type`, `!` after a required name, `|` between types,
 * `[]` after an array's element. A type that stands nowhere here (web apps, payments, media) is one that the emulator refuses.
 */
const lists: Record<string, string> = {
	getMe: "",
	sendMessage: `business_connection_id:String chat_id!:Integer|String message_thread_id:Integer direct_messages_topic_id:Integer
		text!:String parse_mode:String entities:MessageEntity[] link_preview_options:LinkPreviewOptions disable_notification:Boolean
		protect_content:Boolean allow_paid_broadcast:Boolean message_effect_id:String reply_parameters:ReplyParameters
		suggested_post_parameters:SuggestedPostParameters
		reply_markup:InlineKeyboardMarkup|ReplyKeyboardMarkup|ReplyKeyboardRemove|ForceReply`,
	editMessageText: `business_connection_id:String chat_id:Integer|String message_id:Integer inline_message_id:String text:String
		parse_mode:String entities:MessageEntity[] link_preview_options:LinkPreviewOptions rich_message:InputRichMessage
		reply_markup:InlineKeyboardMarkup`,
	answerCallbackQuery: "callback_query_id!:String text:String show_alert:Boolean url:String cache_time:Integer",
	setWebhook: `url!:String certificate:InputFile ip_address:String max_connections:Integer allowed_updates:String[]
		drop_pending_updates:Boolean secret_token:String`,
	deleteWebhook: "drop_pending_updates:Boolean",
	getWebhookInfo: "",
	setMyCommands: "commands!:BotCommand[] scope:BotCommandScope language_code:String",
	createForumTopic: "chat_id!:Integer|String name!:String icon_color:Integer icon_custom_emoji_id:String",
	getUpdates: "offset:Integer limit:Integer timeout:Integer allowed_updates:String[]",

	InlineKeyboardMarkup: "inline_keyboard!:InlineKeyboardButton[][]",
	InlineKeyboardButton: `text!:String icon_custom_emoji_id:String style:String url:String callback_data:String web_app:WebAppInfo
		login_url:LoginUrl switch_inline_query:String switch_inline_query_current_chat:String
		switch_inline_query_chosen_chat:SwitchInlineQueryChosenChat copy_text:CopyTextButton callback_game:CallbackGame pay:Boolean`,
	ReplyKeyboardMarkup: `keyboard!:KeyboardButton[][] is_persistent:Boolean resize_keyboard:Boolean one_time_keyboard:Boolean
		input_field_placeholder:String selective:Boolean`,
	KeyboardButton:
		"text!:String icon_custom_emoji_id:String style:String request_contact:Boolean request_location:Boolean",
	ReplyKeyboardRemove: "remove_keyboard!:Boolean selective:Boolean",
	ForceReply: "force_reply!:Boolean input_field_placeholder:String selective:Boolean",
	ReplyParameters: `message_id!:Integer chat_id:Integer|String allow_sending_without_reply:Boolean quote:String
		quote_parse_mode:String quote_entities:MessageEntity[] quote_position:Integer checklist_task_id:Integer poll_option_id:String`,
	LinkPreviewOptions:
		"is_disabled:Boolean url:String prefer_small_media:Boolean prefer_large_media:Boolean show_above_text:Boolean",
	CopyTextButton: "text!:String",
	BotCommand: "command!:String description!:String",
	BotCommandScope: "type!:String chat_id:Integer|String user_id:Integer",

	Update: `update_id!:Integer message:Message edited_message:Message channel_post:Message edited_channel_post:Message
		callback_query:CallbackQuery my_chat_member:ChatMemberUpdated chat_member:ChatMemberUpdated`,
	Message: `message_id!:Integer message_thread_id:Integer from:User sender_chat:Chat date!:Integer chat!:Chat
		forward_origin:MessageOrigin is_topic_message:Boolean reply_to_message:Message quote:TextQuote edit_date:Integer
		has_protected_content:Boolean author_signature:String text:String entities:MessageEntity[]
		link_preview_options:LinkPreviewOptions photo:PhotoSize[] caption:String new_chat_members:User[] left_chat_member:User
		migrate_to_chat_id:Integer migrate_from_chat_id:Integer forum_topic_created:ForumTopicCreated
		reply_markup:InlineKeyboardMarkup`,
	MessageEntity: `type!:String offset!:Integer length!:Integer url:String user:User language:String custom_emoji_id:String
		unix_time:Integer date_time_format:String`,
	User: `id!:Integer is_bot!:Boolean first_name!:String last_name:String username:String language_code:String is_premium:Boolean
		added_to_attachment_menu:Boolean can_join_groups:Boolean can_read_all_group_messages:Boolean supports_guest_queries:Boolean
		supports_inline_queries:Boolean can_connect_to_business:Boolean has_main_web_app:Boolean has_topics_enabled:Boolean
		allows_users_to_create_topics:Boolean can_manage_bots:Boolean supports_join_request_queries:Boolean`,
	Chat: "id!:Integer type!:String title:String username:String first_name:String last_name:String is_forum:Boolean is_direct_messages:Boolean",
	CallbackQuery: `id!:String from!:User message:Message|InaccessibleMessage inline_message_id:String chat_instance!:String data:String
		game_short_name:String`,
	InaccessibleMessage: "chat!:Chat message_id!:Integer date!:Integer",
	ChatMemberUpdated: `chat!:Chat from!:User date!:Integer old_chat_member!:ChatMemberMember|ChatMemberAdministrator|ChatMemberBanned|ChatMemberLeft
		new_chat_member!:ChatMemberMember|ChatMemberAdministrator|ChatMemberBanned|ChatMemberLeft
		via_join_request:Boolean via_chat_folder_invite_link:Boolean`,
	ChatMemberMember: "status!:String user!:User tag:String until_date:Integer",
	ChatMemberBanned: "status!:String user!:User until_date!:Integer",
	ChatMemberLeft: "status!:String user!:User",
	ChatMemberAdministrator: `status!:String user!:User can_be_edited!:Boolean is_anonymous!:Boolean can_manage_chat!:Boolean
		can_delete_messages!:Boolean can_manage_video_chats!:Boolean can_restrict_members!:Boolean can_promote_members!:Boolean
		can_change_info!:Boolean can_invite_users!:Boolean can_post_stories!:Boolean can_edit_stories!:Boolean
		can_delete_stories!:Boolean can_manage_topics:Boolean`,
	ForumTopicCreated: "name!:String icon_color!:Integer icon_custom_emoji_id:String is_name_implicit:Boolean",
	ForumTopic:
		"message_thread_id!:Integer name!:String icon_color!:Integer icon_custom_emoji_id:String is_name_implicit:Boolean",
	PhotoSize: "file_id!:String file_unique_id!:String width!:Integer height!:Integer file_size:Integer",
	TextQuote: "text!:String entities:MessageEntity[] position!:Integer is_manual:Boolean",
	MessageOrigin: "type!:String date!:Integer sender_user:User sender_user_name:String",
	WebhookInfo: `url!:String has_custom_certificate!:Boolean pending_update_count!:Integer ip_address:String last_error_date:Integer
		last_error_message:String last_synchronization_error_date:Integer max_connections:Integer allowed_updates:String[]`,
};

interface Field {
	name: string;
	required: boolean;
	types: string[];
}

const shapes = new Map<string, Field[]>();
for (const [name, list] of Object.entries(lists)) {
	const fields = list.split(/\s+/).filter((word) => word !== "");
	shapes.set(
		name,
		fields.map((field) => {
			const [key = "", types = ""] = field.split(":");
			return { name: key.replace("!", ""), required: key.endsWith("!"), types: types.split("|") };
		}),
	);
}

const scalars: Record<string, (value: unknown) => boolean> = {
	Integer: (value) => Number.isSafeInteger(value),
	String: (value) => typeof value === "string",
	Boolean: (value) => typeof value === "boolean",
};

/** What is wrong with `value` as one of these types; the complaints of the type that fits best. */
function judgeAny(value: unknown, types: string[], at: string): string[] {
	const attempts = types.map((type) => judge(value, type, at));
	return attempts.reduce((best, problems) => (problems.length < best.length ? problems : best));
}

/** What is wrong with `value` as this type or method of the Bot API: missing, mistyped and unknown fields, one line each. */
export function judge(value: unknown, type: string, at = type): string[] {
	const scalar = scalars[type];
	if (scalar !== undefined) return scalar(value) ? [] : [`${at} is not ${type}`];
	if (type.endsWith("[]")) {
		if (!Array.isArray(value)) return [`${at} is not an array`];
		return value.flatMap((element, index) => judge(element, type.slice(0, -2), `${at}[${index}]`));
	}
	const fields = shapes.get(type);
	if (fields === undefined) return [`${at}: the emulator knows no ${type}`];
	if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${at} is not an object`];
	return judgeFields(value as Record<string, unknown>, fields, at);
}

function judgeFields(value: Record<string, unknown>, fields: Field[], at: string): string[] {
	const known = fields.flatMap(({ name, required, types }) => {
		if (value[name] === undefined) return required ? [`${at}.${name} is missing`] : [];
		return judgeAny(value[name], types, `${at}.${name}`);
	});
	const unknown = Object.keys(value).filter((key) => !fields.some((field) => field.name === key));
	return [...known, ...unknown.map((key) => `${at}.${key} is no field of the Bot API`)];
}
