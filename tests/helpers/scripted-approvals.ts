import type { ScriptedServer, SeenRequest } from "./scripted-server.ts";
import { until } from "./until.ts";

interface Asked {
	id: string;
	kind: string;
	request_hash: string;
	summary: string;
	expires_in: number;
}

export interface ScriptedApprovals {
	/** What was asked, oldest first; a repeated id once. */
	asked: Asked[];
	waitForAsked(count?: number): Promise<Asked>;
	/** The phone answers the request; `hash` in place of the one that was asked for. */
	answer(id: string, decision: object, hash?: string): void;
	expire(id: string): void;
	/** Bodies of withdrawals and receipts, each with what it is about. */
	said: { id: string; about: "withdraw" | "receipt"; body: unknown }[];
	waitForSaid(about: "withdraw" | "receipt", count?: number): Promise<unknown>;
	/** The next withdrawal comes too late: the phone was first. */
	phoneIsFirst(): void;
	/** What became of telling the phone. */
	outcome: "queued" | "muted" | "quiet" | "present" | "limited";
}

/** The approvals' routes of a scripted server. */
export function scriptApprovals(server: ScriptedServer): ScriptedApprovals {
	const states = new Map<string, object>();
	const all: Asked[] = [];
	let phoneFirst = false;
	const found = (id: string) => {
		const asked = all.find((each) => each.id === id);
		const state = states.get(id) ?? { state: "open", decision: null };
		const expires_at = new Date(Date.now() + 600_000).toISOString();
		return { id, number: 1, kind: asked?.kind, request_hash: asked?.request_hash, expires_at, ...state };
	};
	const script: ScriptedApprovals = {
		asked: all,
		waitForAsked: (count = 1) =>
			until(
				() => (all.length >= count ? all[count - 1] : undefined),
				20_000,
				() => `${all.length} of ${count} were asked`,
			),
		answer: (id, decision, hash) =>
			void states.set(id, {
				state: "answered",
				decision: { ...allowedByPhone, ...decision },
				...(hash === undefined ? {} : { request_hash: hash }),
			}),
		expire: (id) => void states.set(id, { state: "expired", decision: null }),
		said: [],
		waitForSaid: (about, count = 1) => {
			const bodies = () => script.said.filter((each) => each.about === about).map(({ body }) => body);
			return until(
				() => (bodies().length >= count ? bodies()[count - 1] : undefined),
				20_000,
				() => `${bodies().length} of ${count} ${about} came: ${JSON.stringify(script.said)}`,
			);
		},
		phoneIsFirst: () => {
			phoneFirst = true;
		},
		outcome: "queued",
	};
	const idOf = ({ path }: SeenRequest) => path.split("/")[4] ?? "";
	server.on("POST /sessions/*/approvals", ({ body }) => {
		const asked: Asked = Object(body);
		if (!all.some(({ id }) => id === asked.id)) all.push(asked);
		return { status: 200, body: { approval: found(asked.id), told: told(asked.id, script.outcome) } };
	});
	server.on("GET /sessions/*/approvals/*", async (request) => {
		const until = Date.now() + Math.min(Number(request.query.get("wait")) * 1000, 300);
		while (!states.has(idOf(request)) && Date.now() < until) await new Promise((passed) => setTimeout(passed, 10));
		return { status: 200, body: found(idOf(request)) };
	});
	for (const about of ["withdraw", "receipt"] as const) {
		server.on(`POST /sessions/*/approvals/*/${about}`, (request) => {
			const id = idOf(request);
			script.said.push({ id, about, body: request.body });
			if (about === "withdraw" && phoneFirst) script.answer(id, {});
			else if (about === "withdraw") states.set(id, { state: "withdrawn", decision: null });
			return { status: 200, body: found(id) };
		});
	}
	return script;
}

const allowedByPhone = {
	behavior: "allow",
	scope: "once",
	from: { channel: "sms", label: "+1***8912" },
	answered_at: "2026-11-20T14:03:00.000Z",
};

function told(id: string, outcome: string) {
	return { event_id: id, outcome, channels: [], rate_limited: false, next_allowed_at: null, retry_after: null };
}
