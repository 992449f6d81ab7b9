/** Served as a file of its own, since the page's policy allows no inline script. Text goes in by textContent only. */
export const phoneScript = `"use strict";
const log = document.getElementById("log");
const scroller = document.getElementById("scroll");
const form = document.getElementById("composer");
const hint = document.getElementById("hint");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

function bubble(message) {
	const item = document.createElement("li");
	item.className = message.direction === "from_phone" ? "mine" : "theirs";
	item.dataset.seq = message.seq;
	const text = document.createElement("p");
	text.textContent = message.text;
	const meta = document.createElement("footer");
	const badge = document.createElement("span");
	badge.className = "badge";
	badge.textContent = message.badge;
	const time = document.createElement("time");
	time.dateTime = message.at;
	time.textContent = clock.format(new Date(message.at));
	meta.append(badge, " ", time);
	item.append(text);
	if (message.actions !== undefined && message.actions.length > 0) item.append(buttons(message));
	item.append(meta);
	return item;
}

function buttons(message) {
	const form = document.createElement("form");
	form.className = "actions";
	form.method = "post";
	form.action = "/dev/phone/send";
	const { channel, address, seq, replyToken: token } = message;
	for (const [name, value] of Object.entries({ channel, address, seq, token })) {
		if (value === undefined) continue;
		const field = document.createElement("input");
		Object.assign(field, { type: "hidden", name, value });
		form.append(field);
	}
	for (const { label, reply } of message.actions) {
		const button = document.createElement("button");
		Object.assign(button, { type: "submit", name: "text", value: reply, textContent: label });
		form.append(button);
	}
	return form;
}

function received(message) {
	if (log === null || message.conversation !== log.dataset.conversation) {
		const tab = document.querySelector('[data-tab="' + CSS.escape(message.conversation) + '"]');
		if (tab === null) location.reload();
		else tab.classList.add("unread");
		return;
	}
	if (log.querySelector('[data-seq="' + message.seq + '"]') !== null) return;
	log.append(bubble(message));
	if (message.direction === "from_phone") scroller.scrollTop = 0;
}

const source = new EventSource("/dev/phone/stream?after=" + document.body.dataset.seq);
source.addEventListener("message", (event) => received(JSON.parse(event.data)));
source.addEventListener("run", (event) => {
	if (event.data !== document.body.dataset.run) location.reload();
});
source.addEventListener("open", () => document.body.classList.remove("offline"));
source.addEventListener("error", () => document.body.classList.add("offline"));

async function send(event) {
	const sent = event.target;
	if (new URL(sent.action).pathname !== "/dev/phone/send") return;
	event.preventDefault();
	const fields = Object.fromEntries(new FormData(sent, event.submitter));
	if (fields.text.trim() === "") return;
	const answer = await fetch(sent.action, {
		method: "POST",
		headers: { "content-type": "application/json", accept: "application/json" },
		body: JSON.stringify(fields),
	}).catch(() => undefined);
	if (answer === undefined) {
		hint.textContent = "The server does not answer. Your text is still here.";
		return;
	}
	const body = await answer.json();
	hint.textContent = body.hint ?? body.message ?? "";
	if (answer.ok && sent === form) form.reset();
}

document.addEventListener("submit", (event) => void send(event));
`;
