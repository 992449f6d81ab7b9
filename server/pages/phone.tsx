import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { html } from "hono/html";
import type { ChannelName } from "../../src/contract/channels.ts";
import type { AppDeps } from "../app-deps.ts";
import { receiveInbound } from "../domain/receive-inbound.ts";
import { AppError } from "../errors.ts";
import type { AppEnv } from "../http.ts";
import { carrierAnswer, type SimulatedMessage, simulatedMessage, simulatorInbound } from "../inbound/simulator.ts";
import type { PhoneMessage, SimulatorPhone } from "../simulator-phone.ts";
import { phoneScript } from "./phone-script.ts";
import { phoneStream } from "./phone-stream.ts";
import { phoneStyle } from "./phone-style.ts";
import { type Conversation, PhonePage, type PhoneView } from "./phone-view.tsx";

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
	pages.post("/dev/phone/send", async (c) => {
		const message = await sentMessage(c);
		if (deps.channels.get(message.channel)?.simulated !== true) {
			throw new AppError("forbidden", "This channel has a provider of its own; the simulator cannot answer for it.");
		}
		const said = await send(deps, phone, message);
		if (c.req.header("accept")?.includes("application/json")) return c.json({ hint: hints[said] }, 200);
		return c.redirect(`/dev/phone?${new URLSearchParams({ with: keyOf(message), said })}`, 303);
	});
	return pages;
}

type Said = "ok" | "stranger" | "empty";

const hints: Readonly<Record<Said, string>> = {
	ok: "",
	stranger: "Nobody is paired with this address, so the server ignored the message.",
	empty: "Nothing that can be shown was left of this text.",
};

async function send(deps: AppDeps, phone: SimulatorPhone, message: SimulatedMessage): Promise<Said> {
	const { channel, address, text } = message;
	phone.show({ direction: "from_phone", channel, address, text });
	const { outcome } = await receiveInbound(deps, simulatorInbound(message, deps.id()));
	const answer = carrierAnswer(channel, outcome);
	if (answer !== undefined) phone.show({ direction: "to_phone", channel, address, text: answer });
	return outcome === "stranger" || outcome === "empty" ? outcome : "ok";
}

async function sentMessage(c: Context<AppEnv>): Promise<SimulatedMessage> {
	const isJson = c.req.header("content-type")?.startsWith("application/json");
	const body: unknown = await (isJson ? c.req.json() : c.req.parseBody()).catch(() => undefined);
	const parsed = simulatedMessage.safeParse(body);
	if (parsed.success) return parsed.data;
	throw new AppError(
		"invalid_request",
		`${parsed.error.issues[0]?.path.join(".")}: ${parsed.error.issues[0]?.message}`,
	);
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
		hint: said === "stranger" || said === "empty" ? hints[said] : "",
		addressExample: "+15550001111",
	};
}

function conversationsOf(deps: AppDeps, messages: readonly PhoneMessage[]): Conversation[] {
	return [...Map.groupBy(messages, keyOf)].flatMap(([key, members]) => {
		const [first] = members;
		if (first === undefined) return [];
		const { channel, address } = first;
		return [{ key, channel, title: titleOf(deps, channel), address, messages: members }];
	});
}

function keyOf({ channel, address }: Pick<PhoneMessage, "channel" | "address">): string {
	return `${channel}:${address}`;
}

function titleOf({ channels }: AppDeps, channel: ChannelName): string {
	return channels.get(channel)?.title ?? channel;
}
