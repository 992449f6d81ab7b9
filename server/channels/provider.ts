import { isIP } from "node:net";
import { z } from "zod";
import type { Channel } from "./channel.ts";

export type Source = Readonly<Record<string, string | undefined>>;

/** What a channel gets from the server that it runs in. */
export interface ChannelContext {
	/** Asked at each use: with PORT=0 it is known only once the server listens. */
	publicUrl(): URL;
	/** A MAC that only this server's instances can make, of the channel's own: for what comes back from where nobody signs. */
	sign(value: string): string;
}

/** A provider whose variables are all there and good: the values stay in the closure. */
export type Connect = (context: ChannelContext) => Channel;

/** An account whose variables have the right form; whether the provider takes them, only `check` can tell. */
export interface Account {
	connect: Connect;
	/** Asks the provider. A sentence names the variable that it refuses, or says that nobody answered; undefined: all is well, or it cannot be asked. */
	check(signal: AbortSignal): Promise<string | undefined>;
}

/** Somebody who carries a channel's messages, and the variables that hold the account there. */
export interface Provider {
	title: string;
	/** Every variable in the order in which a person would set them. */
	variables: readonly Variable[];
	/** Reads the variables: an account when they are all there, problems (`NAME: what is wrong`) when only some are or one is bad. */
	configure(given: Source): { problems: string[]; account: Account | undefined };
	/** What is wrong with the form of one variable's value; holds no part of it. */
	checkValue(name: string, value: string): string | undefined;
}

export interface Variable {
	name: string;
	required: boolean;
	/** What it is, for the documentation and the wizard. */
	about: string;
	/** Not shown while it is typed. */
	secret: boolean;
}

interface Definition<Shape extends z.ZodRawShape> {
	title: string;
	/** Variable -> its check, with `.describe()`; the ones that are not optional are needed to use the provider at all. */
	env: Shape;
	connect(values: z.output<z.ZodObject<Shape>>, context: ChannelContext): Channel;
	/** See `Account.check`: one request that sends no message and costs nothing. It never throws for what a provider can do. */
	check?(values: z.output<z.ZodObject<Shape>>, signal: AbortSignal): Promise<string | undefined>;
}

/** The endings of names whose values may be seen; whatever else there is may be a secret. */
const openNames = /_(SID|NUMBER|FROM|DOMAIN|TOPIC|BASE_URL)$/;

/** Closes over the types of its variables, so that the registry needs none of them. */
export function defineProvider<Shape extends z.ZodRawShape>(definition: Definition<Shape>): Provider {
	const { title, env, connect, check } = definition;
	const schema = z.object(env);
	const variables = Object.entries(env).map(([name, rule]) => {
		const { success: optional } = z.safeParse(rule, undefined);
		return { name, required: !optional, about: aboutOf(rule), secret: !openNames.test(name) };
	});
	const required = variables.filter((variable) => variable.required).map(({ name }) => name);
	return {
		title,
		variables,
		configure(given) {
			const own = variables.filter(({ name }) => given[name] !== undefined);
			if (own.every(({ name }) => name.endsWith("_BASE_URL"))) return { problems: [], account: undefined };
			const missing = required.filter((name) => given[name] === undefined);
			const needs = required.length === 1 ? "it" : `all of ${required.join(", ")}`;
			const problems = missing.map((name) => `${name}: is missing, and ${title} needs ${needs}`);
			const parsed = schema.safeParse(Object.fromEntries(own.map(({ name }) => [name, given[name]])));
			for (const { path, message } of parsed.error?.issues ?? []) {
				const name = path[0]?.toString() ?? "";
				if (!missing.includes(name)) problems.push(`${name}: ${message}`);
			}
			problems.push(...loopbackProblems(parsed.data ?? {}, given));
			if (!parsed.success || problems.length > 0) return { problems, account: undefined };
			const values = parsed.data;
			const account: Account = {
				connect: (context) => connect(values, context),
				check: (signal) => check?.(values, signal) ?? Promise.resolve(undefined),
			};
			return { problems: [], account };
		},
		checkValue(name, value) {
			const { error } = z.safeParse(env[name] ?? z.never(), value);
			return error?.issues[0]?.message;
		},
	};
}

/** `.optional()` wraps what was described before it. */
function aboutOf(rule: z.core.$ZodType): string {
	const own = z.globalRegistry.get(rule)?.description;
	if (own !== undefined) return own;
	return rule instanceof z.ZodOptional ? aboutOf(rule.unwrap()) : "";
}

/** Any URL, as an environment variable has it. */
export const urlVariable = z.string().transform((value, context) => {
	if (URL.canParse(value)) return new URL(value);
	context.issues.push({ code: "custom", message: "must be a URL", input: "" });
	return z.NEVER;
});

/** Instead of the provider itself: an emulator or a proxy. Any other address would hand the provider's credentials to whoever owns it. */
export function baseUrl(domain: string) {
	return urlVariable
		.refine((url) => allowedBaseUrl(url, domain), { message: `must be https on ${domain} (or ${outsideProduction})` })
		.describe(`Only for tests and proxies: instead of ${domain}`)
		.optional();
}

const outsideProduction = "127.0.0.1 or [::1] outside production";

function loopbackProblems(values: object, given: Source): string[] {
	if (given["NODE_ENV"] !== "production") return [];
	const loopback = Object.entries(values).filter(
		([name, value]) => name.endsWith("_BASE_URL") && value instanceof URL && isLoopbackAddress(value.hostname),
	);
	return loopback.map(([name]) => `${name}: must be the provider's own (${outsideProduction})`);
}

function allowedBaseUrl(url: URL, domain: string): boolean {
	const { hostname } = url;
	if (url.username !== "" || url.password !== "") return false;
	if (url.protocol === "https:" && (hostname === domain || hostname.endsWith(`.${domain}`))) return true;
	return /^https?:$/.test(url.protocol) && isLoopbackAddress(hostname);
}

/** True for 127.0.0.0/8 and ::1, with or without the brackets of a URL. */
export function isLoopbackAddress(hostname: string): boolean {
	const bare = hostname.replace(/^\[|\]$/g, "");
	return (isIP(bare) === 4 && bare.startsWith("127.")) || bare === "::1";
}
