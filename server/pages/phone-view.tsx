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
	messages: PhoneMessage[];
}

export interface PhoneView {
	conversations: Conversation[];
	current: Conversation | undefined;
	/** Names this run of the server, whose sequence starts anew. */
	run: string;
	/** Sequence of the newest message on the page; the stream goes on from there. */
	seq: number;
	hint: string;
	addressExample: string;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

const linkTo = ({ key }: Conversation) => `/dev/phone?with=${encodeURIComponent(key)}`;

export function PhonePage({ view }: { view: PhoneView }) {
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
				<script src="/dev/phone/app.js" defer />
			</head>
			<body data-run={view.run} data-seq={view.seq}>
				<main>
					<About />
					<section class="phone" aria-label="Simulated phone">
						<Head view={view} />
						{current === undefined ? (
							<Empty addressExample={view.addressExample} />
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
				Messages that a channel without credentials would have sent appear here. Your answers take the same way into the
				session as an SMS would. Nothing leaves this machine.
			</p>
			<dl>
				<dt>run the tests</dt>
				<dd>goes to your only session, or to the one that wrote last</dd>
				<dt>b run the tests</dt>
				<dd>goes to session (b)</dd>
				<dt>?</dt>
				<dd>lists your sessions</dd>
				<dt>STOP · START</dt>
				<dd>what the carrier understands: no more messages, and messages again</dd>
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
									{conversation.address}
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
							<footer>
								<span class="badge">{conversation.title}</span>{" "}
								<time datetime={message.at}>{clock.format(new Date(message.at))}</time>
							</footer>
						</li>
					))}
				</ol>
			</div>
			<div class="foot">
				<form class="composer" id="composer" method="post" action="/dev/phone/send">
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

function Empty({ addressExample }: { addressExample: string }) {
	return (
		<div class="empty">
			<strong>No messages yet</strong>
			In Claude Code, type
			<ol>
				<li>
					<code>/notify-setup sms {addressExample}</code>
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
