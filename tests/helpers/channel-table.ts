import type { Channel } from "../../server/channels/channel.ts";
import { channelEntries } from "../../server/channels/index.ts";
import type { Provider } from "../../server/channels/provider.ts";
import { by } from "../../server/introduce.ts";

/** Each channel by each of its providers, as the conformance rows and docs/channels.md name them: "SMS by Twilio". */
export const carriers = channelEntries.flatMap(({ definition, providers }) =>
	providers.map((provider) => ({ name: `${definition.title}${by(definition.title, provider)}`, definition, provider })),
);

/** What docs/channels.md says of a channel in its table, but for what only a connected one can tell. */
export function tableLine(name: string, provider: Provider): string {
	const names = (required: boolean) =>
		provider.variables
			.filter((variable) => variable.required === required && !variable.name.endsWith("_BASE_URL"))
			.map((variable) => `\`${variable.name}\``)
			.join(" ");
	return `| ${name} | ${names(true)} | ${names(false)} |`;
}

/** The rest of the line, made of a channel that has all its variables. */
export function abilities({ style, receipts, metered, webhooks }: Channel): string {
	const typed = style.replyHint !== undefined;
	const answers = typed ? "typed" : webhooks === undefined ? "none" : "buttons only";
	return ` ${answers} | ${receipts ? "yes" : "no"} | ${metered ? "30 min" : "1 min"} | ${style.maxLength} |`;
}
