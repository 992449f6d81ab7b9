import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { html } from "hono/html";
import type { z } from "zod";
import type { AppDeps } from "../app-deps.ts";
import { titleOf } from "../domain/delivery-report.ts";
import { acknowledgement } from "../domain/inbound-words.ts";
import { receiveInbound } from "../domain/receive-inbound.ts";
import type { InboundOutcome } from "../domain/reply-effect.ts";
import { takeReceived } from "../domain/take-received.ts";
import { AppError } from "../errors.ts";
import type { AppEnv } from "../http.ts";
import {
	carrierAnswer,
	type SimulatedMessage,
	simulatedMessage,
	simulatedStart,
	simulatorInbound,
} from "../inbound/simulator.ts";
import type { PhoneMessage, SimulatorPhone } from "../simulator-phone.ts";
import { phoneScript } from "./phone-script.ts";
import { phoneStream } from "./phone-stream.ts";
import { phoneStyle } from "./phone-style.ts";
import { type Conversation, type Opening, PhonePage, type PhoneView } from "./phone-view.tsx";

const policy = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"connect-src 'self'",
	"img-src data:",
	"form-action 'self'",
	"base-uri 'none'",
	"frame-ancestors 'none'",
].join("; ");

const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * The page types into the developer's session, so no website may reach it: another name in Host is DNS rebinding,
 * another Origin is a forged form. Both headers are the browser's own and no script can change them.
 */
const onlyThisMachine = createMiddleware<AppEnv>(async (c, next) => {
	const host = c.req.header("host") ?? "";
	if (!loopbackHost.test(host)) throw new AppError("forbidden", "The simulator answers to a loopback name only.");
	if (c.req.method !== "GET" && c.req.header("origin") !== `http://${host}`) {
		throw new AppError("forbidden", `The simulator takes messages from its own page only (Origin: http://${host}).`);
	}
	await next();
	c.header("Content-Security-Policy", policy);
	c.header("Cache-Control", "no-store");
});

/** The phone simulator: it shows what channels without credentials sent, and answers through the same inbound path. */
export function phonePages(deps: AppDeps, phone: SimulatorPhone): Hono<AppEnv> {
	const pages = new Hono<AppEnv>();
	const run = deps.id();
	pages.use("/dev/*", onlyThisMachine);
	pages.get("/dev/phone", (c) =>
		c.html(html`<!doctype html>${<PhonePage view={{ ...pageView(c, deps, phone), run }} />}`),
	);
	pages.get("/dev/phone/style.css", (c) => c.body(phoneStyle, 200, { "Content-Type": "text/css; charset=utf-8" }));
	pages.get("/dev/phone/app.js", (c) => c.body(phoneScript, 200, { "Content-Type": "text/javascript; charset=utf-8" }));
	pages.get("/dev/phone/stream", (c) => {
		// A browser that comes back says what it had; the page's own number is only for its first time.
		const after = Number(c.req.header("last-event-id") ?? c.req.query("after") ?? 0);
		return phoneStream(phone, {
			run,
			after: Number.isSafeInteger(after) ? after : 0,
			describe: (message) => ({ ...message, badge: titleOf(deps, message.channel), conversation: keyOf(message) }),
			signal: c.req.raw.signal,
			ended: deps.draining,
		});
	});
	pages.get("/dev/phone/open", (c) => {
		const opening = startOf(deps, c.req.query());
		return c.html(html`<!doctype html>${<PhonePage view={{ ...pageView(c, deps, phone), run, opening }} />}`);
	});
	pages.post("/dev/phone/open", async (c) => {
		const query = await openChat(deps, phone, startOf(deps, await c.req.parseBody()));
		return c.redirect(`/dev/phone?${new URLSearchParams(query)}`, 303);
	});
	pages.post("/dev/phone/send", async (c) => {
		const message = parsed(simulatedMessage, await bodyOf(c));
		if (deps.channels.get(message.channel)?.simulated !== true) {
			throw new AppError("forbidden", "This channel has a provider of its own; the simulator cannot answer for it.");
		}
		const said = await send(deps, phone, message, run);
		if (c.req.header("accept")?.includes("application/json")) return c.json({ hint: hints[said] }, 200);
		return c.redirect(`/dev/phone?${new URLSearchParams({ with: keyOf(message), said })}`, 303);
	});
	return pages;
}

const hints = {
	ok: "",
	stranger: "Nobody is paired with this address, so the server ignored the message.",
	empty: "Nothing that can be shown was left of this text.",
	duplicate: "That was sent before.",
	dead_link: "That link is no good any more. Run /notify-setup again.",
} as const;
type Said = keyof typeof hints;

async function send(deps: AppDeps, phone: SimulatorPhone, message: SimulatedMessage, run: string): Promise<Said> {
	const { channel, address, text, seq } = message;
	const typed = seq === undefined;
	const mine = { direction: "from_phone", channel, address, text } as const;
	if (typed) phone.show(mine);
	// A button counts once, however often it is pressed.
	const id = typed ? deps.id() : `button:${run}:${seq}:${text}`;
	const result = await receiveInbound(deps, simulatorInbound(message, id));
	const { outcome } = result;
	if (!typed && outcome !== "duplicate") phone.show(mine);
	const answer = channel === "sms" ? carrierAnswer(outcome) : botAnswer(result);
	if (answer !== undefined) phone.show({ direction: "to_phone", channel, address, text: answer });
	return outcome === "stranger" || outcome === "empty" || outcome === "duplicate" ? outcome : "ok";
}

/** What a chat's own commands are answered with. */
function botAnswer(result: InboundOutcome): string | undefined {
	return ["opted_out", "opted_in", "help"].includes(result.outcome) ? acknowledgement(result) : undefined;
}

/** The chat that a pairing link leads to: somebody is about to press Start, or has. */
function startOf({ channels }: AppDeps, given: unknown): Opening {
	const { channel: name, token } = parsed(simulatedStart, given);
	const channel = channels.get(name);
	if (channel?.simulated !== true || channel.pairingLink === undefined) {
		throw new AppError("not_found", "There is no such chat on the simulated phone.");
	}
	return { channel: name, title: channel.title, token, example: channel.addressExample };
}

async function openChat(deps: AppDeps, phone: SimulatorPhone, { channel, token, example }: Opening) {
	const checked = deps.channels.get(channel)?.checkAddress(example);
	if (checked?.ok !== true) throw new AppError("not_found", "There is no such chat on the simulated phone.");
	const { address, label } = checked;
	const before = phone.messages.at(-1)?.seq;
	await takeReceived(deps, [{ kind: "pairing", opened: { channel, token, address, label } }]);
	const said: Said = phone.messages.at(-1)?.seq === before ? "dead_link" : "ok";
	return { with: keyOf({ channel, address }), said };
}

async function bodyOf(c: Context<AppEnv>): Promise<unknown> {
	const isJson = c.req.header("content-type")?.startsWith("application/json");
	return (isJson ? c.req.json() : c.req.parseBody()).catch(() => undefined);
}

function parsed<T>(schema: z.ZodType<T>, given: unknown): T {
	const result = schema.safeParse(given);
	if (result.success) return result.data;
	const [issue] = result.error.issues;
	throw new AppError("invalid_request", `${issue?.path.join(".")}: ${issue?.message}`);
}

function pageView(c: Context<AppEnv>, deps: AppDeps, phone: SimulatorPhone): Omit<PhoneView, "run"> {
	const conversations = conversationsOf(deps, phone.messages);
	const newest = phone.messages.at(-1);
	const wanted = c.req.query("with") ?? (newest === undefined ? "" : keyOf(newest));
	const said = c.req.query("said");
	return {
		conversations,
		current: conversations.find(({ key }) => key === wanted) ?? conversations.at(-1),
		seq: newest?.seq ?? 0,
		hint: said !== undefined && Object.hasOwn(hints, said) ? hints[said as Said] : "",
		addressExample: "+15550001111",
	};
}

function conversationsOf(deps: AppDeps, messages: readonly PhoneMessage[]): Conversation[] {
	return [...Map.groupBy(messages, keyOf)].flatMap(([key, members]) => {
		const [first] = members;
		if (first === undefined) return [];
		const { channel, address } = first;
		const canType = deps.channels.get(channel)?.style.replyHint !== undefined;
		return [{ key, channel, title: titleOf(deps, channel), address, canType, messages: members }];
	});
}

function keyOf({ channel, address }: Pick<PhoneMessage, "channel" | "address">): string {
	return `${channel}:${address}`;
}
