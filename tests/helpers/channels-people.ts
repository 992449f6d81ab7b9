import { sessionStarted } from "../../src/contract/sessions.ts";
import type { ChannelsWorld, Headers } from "./channels-world.ts";
import { freshNumber, post, secret } from "./login.ts";

let chats = 100_000_000;
export const freshChat = () => `telegram:${++chats}`;

/** What people with several channels do and see in a world of channels. */
export function peopleOf(world: () => ChannelsWorld) {
	const names = async (headers: Headers) => (await world().channels(headers)).map(({ channel }) => channel);
	const phone = () => world().server.deps.phone?.messages ?? [];
	const textsTo = (address: string) =>
		phone()
			.filter((each) => each.address === address && each.direction === "to_phone")
			.map((each) => each.text);

	/** A user with a number and a chat, in this order. */
	async function both() {
		const [number, chat] = [freshNumber(), freshChat()];
		const first = await world().pair(number);
		const headers = await world().pair(chat, { as: first });
		const [sms, telegram] = await world().channels(headers);
		if (sms === undefined || telegram === undefined) throw new Error("there are not two channels");
		return { number, chatId: chat.replace("telegram:", ""), headers, sms, telegram };
	}

	async function session(headers: Headers) {
		const body = {
			claude_session_id: secret(12),
			description: "api",
			hostname: "laptop",
			cwd: "/",
			started_at: new Date().toISOString(),
		};
		return sessionStarted.parse((await post(world().server.url, "/v1/sessions/start", body, headers)).body);
	}

	const reportDone = ({ session_id, session_token }: { session_id: string; session_token: string }, type = "done") =>
		post(
			world().server.url,
			`/v1/sessions/${session_id}/events`,
			{ id: world().server.deps.id(), type, occurred_at: new Date().toISOString() },
			{ authorization: `Bearer ${session_token}` },
		);

	return { names, textsTo, both, session, reportDone };
}
