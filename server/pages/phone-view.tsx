import type { ChannelName } from "../../src/contract/channels.ts";
import type { PhoneMessage } from "../simulator-phone.ts";

/** One thread on the simulated phone: everything of one address on one channel. */
export interface Conversation {
	/** `sms:+15550001111` */
	key: string;
	channel: ChannelName;
	/** Words for people: "SMS". */
	title: string;
	address: string;
	/** False where the app has buttons and nowhere to type. */
	canType: boolean;
	messages: PhoneMessage[];
}

/** A chat that a pairing link leads to, before Start is pressed. */
export interface Opening {
	channel: ChannelName;
	title: string;
	token: string;
	/** An address of the channel's own, for the simulated person. */
	example: string;
}

export interface PhoneView {
	conversations: Conversation[];
	current: Conversation | undefined;
	opening?: Opening;
	/** Names this run of the server, whose sequence starts anew. */
	run: string;
	/** Sequence of the newest message on the page; the stream goes on from there. */
	seq: number;
	hint: string;
	addressExample: string;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

const linkTo = ({ key }: Conversation) => `/dev/phone?with=${encodeURIComponent(key)}`;

export function PhonePage({ view: given }: { view: PhoneView }) {
	const { opening } = given;
	// A chat that is about to begin is no conversation yet: nothing that comes in belongs on its page.
	const view = opening === undefined ? given : { ...given, current: undefined };
	const { current } = view;
	return (
		<html lang="en">
			<head>
				<meta charset="utf-8" />
				<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content" />
				{/* With the server's usual no-referrer a browser sends "Origin: null" with the form. */}
				<meta name="referrer" content="same-origin" />
				<title>{current === undefined ? "Phone simulator" : `${current.address}: phone simulator`}</title>
				<link rel="icon" href="data:," />
				<link rel="stylesheet" href="/dev/phone/style.css" />
				{/* It reloads the page for a message of a new chat, which would be in the way of the chat that Start leads to. */}
				{opening === undefined && <script src="/dev/phone/app.js" defer />}
			</head>
			<body data-run={view.run} data-seq={view.seq}>
				<main>
					<About />
					<section class="phone" aria-label="Simulated phone">
						<Head view={view} />
						{opening !== undefined ? (
							<Start opening={opening} />
						) : current === undefined ? (
							<Empty addressExample={view.addressExample} hint={view.hint} />
						) : (
							<Thread conversation={current} hint={view.hint} />
						)}
					</section>
				</main>
			</body>
		</html>
	);
}

function About() {
	return (
		<aside class="about">
			<h2>Your phone, simulated</h2>
			<p>
				Messages that channels without credentials would have sent appear here: SMS, chats and mails, each in a thread
				of its own. Your answers take the same way into the session as real ones would. Nothing leaves this machine.
			</p>
			<dl>
				<dt>run the tests</dt>
				<dd>goes to your only session, or to the one that wrote last</dd>
				<dt>b run the tests</dt>
				<dd>goes to session (b)</dd>
				<dt>?</dt>
				<dd>lists your sessions</dd>
				<dt>STOP · START</dt>
				<dd>what the carrier understands: no more messages, and messages again (in a chat: /stop, /start)</dd>
			</dl>
		</aside>
	);
}

function Head({ view: { conversations, current } }: { view: PhoneView }) {
	return (
		<header class="head">
			<div class="title">
				<svg class="avatar" viewBox="0 0 32 32" aria-hidden="true">
					<rect width="32" height="32" rx="16" fill="currentColor" />
					<path
						d="M9 11.5 14 16l-5 4.5M16.5 21H23"
						fill="none"
						stroke="var(--accent-ink)"
						stroke-width="2.6"
						stroke-linecap="round"
						stroke-linejoin="round"
					/>
				</svg>
				<div>
					<h1>Claude</h1>
					<p>{current === undefined ? "Phone simulator" : `${current.title} to ${current.address}`}</p>
				</div>
				<span class="state">
					<noscript>
						<a href={current === undefined ? "/dev/phone" : linkTo(current)}>Refresh</a>
					</noscript>
					<span class="lost" role="status">
						reconnecting…
					</span>
				</span>
			</div>
			{conversations.length > 1 && (
				<nav aria-label="Conversations">
					<ul class="tabs">
						{conversations.map((conversation) => (
							<li>
								<a
									href={linkTo(conversation)}
									data-tab={conversation.key}
									aria-current={conversation.key === current?.key ? "page" : undefined}
								>
									{conversation.title} <span>{conversation.address}</span>
								</a>
							</li>
						))}
					</ul>
				</nav>
			)}
		</header>
	);
}

function Thread({ conversation, hint }: { conversation: Conversation; hint: string }) {
	return (
		<>
			<div class="scroll" id="scroll" tabindex={0}>
				<ol class="log" id="log" role="log" aria-label="Messages" data-conversation={conversation.key}>
					{conversation.messages.map((message) => (
						<li class={message.direction === "from_phone" ? "mine" : "theirs"} data-seq={message.seq}>
							<p>{message.text}</p>
							<Buttons message={message} />
							<footer>
								<span class="badge">{conversation.title}</span>{" "}
								<time datetime={message.at}>{clock.format(new Date(message.at))}</time>
							</footer>
						</li>
					))}
				</ol>
			</div>
			<div class="foot">
				{!conversation.canType && <p class="hint">The {conversation.title} app has buttons and nowhere to type.</p>}
				<form class="composer" id="composer" hidden={!conversation.canType} method="post" action="/dev/phone/send">
					<input type="hidden" name="channel" value={conversation.channel} />
					<input type="hidden" name="address" value={conversation.address} />
					<label class="sr" for="text">
						Your answer
					</label>
					<input
						type="text"
						id="text"
						name="text"
						placeholder="Answer"
						maxlength={2000}
						required
						autocomplete="off"
						enterkeyhint="send"
						autofocus
					/>
					<button type="submit">Send</button>
				</form>
				<p class="hint" id="hint" role="status">
					{hint}
				</p>
			</div>
		</>
	);
}

/** What may be pressed instead of typed. Without a script each is a form of its own. */
function Buttons({ message }: { message: PhoneMessage }) {
	const { actions = [], replyToken, channel, address, seq } = message;
	if (actions.length === 0) return null;
	return (
		<form class="actions" method="post" action="/dev/phone/send">
			<input type="hidden" name="channel" value={channel} />
			<input type="hidden" name="address" value={address} />
			<input type="hidden" name="seq" value={seq} />
			{replyToken !== undefined && <input type="hidden" name="token" value={replyToken} />}
			{actions.map(({ label, reply }) => (
				<button type="submit" name="text" value={reply}>
					{label}
				</button>
			))}
		</form>
	);
}

function Start({ opening: { channel, title, token } }: { opening: Opening }) {
	return (
		<form class="empty" method="post" action="/dev/phone/open">
			<strong>{title}</strong>
			<p>This is where the link leads on a real phone. The pairing code comes here.</p>
			<input type="hidden" name="channel" value={channel} />
			<input type="hidden" name="token" value={token} />
			<button type="submit" class="start">
				Start
			</button>
		</form>
	);
}

function Empty({ addressExample, hint }: { addressExample: string; hint: string }) {
	return (
		<div class="empty">
			{hint !== "" && <p role="status">{hint}</p>}
			<strong>No messages yet</strong>
			In Claude Code, type
			<ol>
				<li>
					<code>/notify-setup sms {addressExample}</code> or <code>/notify-setup telegram</code>
				</li>
				<li>
					<code>/notify-pair</code> and the code that appears here
				</li>
				<li>
					<code>/notify-start "what you work on"</code>
				</li>
			</ol>
		</div>
	);
}
