import type { RunningServer } from "../../server/start.ts";
import { rawRequest } from "./raw-request.ts";

/** The phone simulator of a server, over HTTP. */
export function simulatorOf(server: () => RunningServer) {
	const url = () => server().url;
	const textsTo = (address: string) =>
		server()
			.deps.phone?.messages.filter((each) => each.address === address && each.direction === "to_phone")
			.map((each) => each.text) ?? [];
	const send = (body: Record<string, string>, headers: Record<string, string> = {}) =>
		rawRequest(url(), {
			method: "POST",
			path: "/dev/phone/send",
			headers: { origin: url().origin, "content-type": "application/json", accept: "application/json", ...headers },
			body: JSON.stringify(body),
		});
	const page = async (query = "") => (await fetch(new URL(`/dev/phone${query}`, url()))).text();

	return { url, textsTo, send, page };
}
