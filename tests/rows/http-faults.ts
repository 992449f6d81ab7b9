import type { Misbehaviour } from "../helpers/twilio-wire.ts";
import type { Fault } from "./row.ts";

const refusal = (status: number) => ({ kind: "answer", status }) as const;

/** The faults of a provider that is spoken to by HTTP, for emulators that take `Misbehaviour`. */
export const httpFaults: Readonly<Record<Fault, Misbehaviour>> = {
	hang: { kind: "hang" },
	drip: { kind: "drip" },
	reset: { kind: "reset" },
	lost_answer: { kind: "lost_answer" },
	status_500: refusal(500),
	html_503: { kind: "answer", status: 503, body: "<html>busy</html>" },
	captive_portal: { kind: "answer", status: 200, body: "<html>log in to the Wi-Fi</html>" },
	huge_answer: {
		kind: "answer",
		status: 201,
		body: JSON.stringify({ sid: "SM1", id: "1", ok: true, result: { message_id: 1 }, pad: "x".repeat(100_000) }),
	},
	status_408: refusal(408),
	status_400: refusal(400),
	status_401: refusal(401),
	status_404: refusal(404),
	redirect: { kind: "answer", status: 302, headers: { location: "http://127.0.0.1:1/" } },
};
